package dev.lifeboat.sources.git;

import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Progress;
import dev.lifeboat.sources.Secret;
import dev.lifeboat.vault.snapshot.MemorySnapshot;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** A night in a process of its own, to be killed: state directory, URL, user, password. */
final class GitNight {
  private GitNight() {}

  public static void main(String[] arguments) throws Exception {
    GitSettings settings =
        new GitSettings(
            List.of(GitUrl.parse(arguments[1])),
            List.of(),
            4,
            Optional.of(arguments[2]),
            Optional.empty(),
            Optional.empty(),
            true,
            Duration.ofMinutes(10));
    new GitSource(settings, Optional.of(new Secret(arguments[3].toCharArray())), Optional.empty())
        .capture(
            new CaptureContext(
                new MemorySnapshot(), Path.of(arguments[0]), GitWorld.clock(), Progress.NONE));
  }
}
