package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.cli.config.ConfigException;
import dev.lifeboat.cli.config.Place;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FailureTest {
  private static final RegionName REGION = new RegionName("cellar");

  static Stream<Arguments> meanings() {
    return Stream.of(
        Arguments.of(new CliException(ExitCode.UNPROVEN, "m"), 9),
        Arguments.of(new ConfigException(new Place("f", 1, 1), "k", "m"), 2),
        Arguments.of(new VaultException.Damaged("m"), 1),
        Arguments.of(new VaultException.Untrusted("m"), 1),
        Arguments.of(new VaultException.KeyUnavailable("m"), 10),
        Arguments.of(new VaultException.UnsupportedFormat("m", 2, 1), 4),
        Arguments.of(new VaultException.Unreachable("m", List.of()), 8),
        Arguments.of(new VaultException.Conflict("m"), 7),
        Arguments.of(new VaultException.NotFound("m"), 6),
        Arguments.of(new SourceException.Unreachable("m", null), 8),
        Arguments.of(new SourceException.Refused("m"), 4),
        Arguments.of(new SourceException.Failed("m", null), 1),
        Arguments.of(new RegionException.Transient(REGION, "m", null), 8),
        Arguments.of(new RegionException.Permanent(REGION, "m", null), 8),
        Arguments.of(new RegionException.Missing(REGION, new ObjectKey("m"), "gone"), 1),
        Arguments.of(new RegionException.Conflict(REGION, new ObjectKey("m"), 1, 2), 7),
        Arguments.of(new InterruptedException(), 5),
        Arguments.of(new NoSuchFileException("m"), 6),
        Arguments.of(new FileAlreadyExistsException("m"), 4),
        Arguments.of(new AccessDeniedException("m"), 1),
        Arguments.of(new UncheckedIOException(new NoSuchFileException("m")), 6),
        Arguments.of(new IOException("m"), 1),
        Arguments.of(new IllegalStateException("m"), 1));
  }

  @ParameterizedTest
  @MethodSource("meanings")
  void of_anyException_hasItsCodeAndItsMessage(Throwable thrown, int code) {
    Failure failure = Failure.of(thrown);

    assertThat(failure.code().code()).isEqualTo(code);
    assertThat(failure.message()).isNotBlank().matches("(?s).*(m|interrupted).*");
  }
}
