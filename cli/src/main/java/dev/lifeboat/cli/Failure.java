package dev.lifeboat.cli;

import dev.lifeboat.cli.config.ConfigException;
import dev.lifeboat.schedules.alert.AlertQueueException;
import dev.lifeboat.schedules.run.RunBook;
import dev.lifeboat.schedules.store.SharedStoreException;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.RegionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;

/**
 * What an exception means to whoever called the program. The one place where exceptions become exit
 * codes.
 *
 * @param message for people; names the object and, where there is one, the remedy
 */
public record Failure(ExitCode code, String message) {

  /** The meaning of any exception. */
  public static Failure of(Throwable thrown) {
    return switch (thrown) {
      case CliException e -> new Failure(e.code(), text(e));
      case ConfigException e -> new Failure(ExitCode.USAGE, text(e));
      case VaultException e -> new Failure(code(e), text(e));
      case SourceException e -> new Failure(code(e), text(e));
      case RegionException e -> new Failure(code(e), text(e));
      case SharedStoreException e -> new Failure(ExitCode.UNREACHABLE, text(e));
      case AlertQueueException e ->
          new Failure(
              e.getCause() instanceof SharedStoreException ? ExitCode.UNREACHABLE : ExitCode.FAILED,
              text(e));
      case RunBook.Superseded e -> new Failure(ExitCode.CONFLICT, text(e));
      case InterruptedException _ -> new Failure(ExitCode.INTERRUPTED, "interrupted");
      case UncheckedIOException e -> of(Objects.requireNonNull(e.getCause()));
      case IOException e -> ofFile(e);
      case OutOfMemoryError _ ->
          new Failure(ExitCode.FAILED, "out of memory; give it more, for example --memory 1GiB");
      default ->
          new Failure(
              ExitCode.FAILED,
              "an error that should not happen: %s; please report it with the output of --debug"
                  .formatted(thrown));
    };
  }

  private static ExitCode code(VaultException thrown) {
    return switch (thrown) {
      case VaultException.Damaged _, VaultException.Untrusted _ -> ExitCode.FAILED;
      case VaultException.KeyUnavailable _ -> ExitCode.KEY_UNAVAILABLE;
      case VaultException.UnsupportedFormat _ -> ExitCode.REFUSED;
      case VaultException.Unreachable _ -> ExitCode.UNREACHABLE;
      case VaultException.Conflict _ -> ExitCode.CONFLICT;
      case VaultException.NotFound _ -> ExitCode.NOT_FOUND;
    };
  }

  private static ExitCode code(SourceException thrown) {
    return switch (thrown) {
      case SourceException.Unreachable _ -> ExitCode.UNREACHABLE;
      case SourceException.Refused _ -> ExitCode.REFUSED;
      case SourceException.Failed _ -> ExitCode.FAILED;
    };
  }

  private static ExitCode code(RegionException thrown) {
    return switch (thrown) {
      case RegionException.Transient _, RegionException.Permanent _ -> ExitCode.UNREACHABLE;
      case RegionException.Missing _, RegionException.Doubtful _ -> ExitCode.FAILED;
      case RegionException.Conflict _, RegionException.Locked _ -> ExitCode.CONFLICT;
    };
  }

  /** A file of this host, not of the vault: those have exceptions of their own. */
  private static Failure ofFile(IOException thrown) {
    return switch (thrown) {
      case NoSuchFileException e ->
          new Failure(ExitCode.NOT_FOUND, e.getFile() + ": there is no such file or directory");
      case FileAlreadyExistsException e ->
          new Failure(ExitCode.REFUSED, e.getFile() + ": exists already and is not overwritten");
      case AccessDeniedException e ->
          new Failure(ExitCode.FAILED, e.getFile() + ": permission denied");
      default -> new Failure(ExitCode.FAILED, text(thrown));
    };
  }

  private static String text(Throwable thrown) {
    String message = thrown.getMessage();
    return message == null || message.isBlank() ? thrown.getClass().getSimpleName() : message;
  }
}
