package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.BringBackContext;
import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Comparison;
import dev.lifeboat.sources.Progress;
import dev.lifeboat.sources.posix.RawPath;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.MemorySnapshot;
import dev.lifeboat.vault.snapshot.SnapshotView;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;

/**
 * Captures a directory, writes it to another, and checks that: to be run as a process of its own,
 * with its locale and its user. Arguments are {@code file:} URIs, which are ASCII whatever the
 * names are.
 */
final class RoundTrip {
  private RoundTrip() {}

  public static void main(String[] arguments) throws Exception {
    URI source = URI.create(arguments[0]);
    URI target = URI.create(arguments[1]);
    Path state = Files.createTempDirectory("round-trip");
    MemorySnapshot memory = new MemorySnapshot();
    DirectorySource directory = new DirectorySource(DirectorySettings.of(RawPath.of(source)));
    CaptureContext context = new CaptureContext(memory, state, Clock.systemUTC(), Progress.NONE);
    Captured captured = directory.capture(context);
    captured.problems().forEach(problem -> System.out.println("problem " + problem));
    SnapshotView view = memory.seal(captured);
    TreeCopy.Result written =
        TreeCopy.write(
            view,
            RawPath.of(target),
            new TreeWriterSettings("0123456789abcdef", Overwrite.NEVER, false));
    written.skipped().forEach(skipped -> System.out.println("skipped " + skipped));
    written.warnings().forEach(warning -> System.out.println("warning " + warning));
    Expectations found =
        new DirectoryRestorer()
            .gather(
                target,
                captured.expectations(),
                memory,
                new BringBackContext(
                    state, Clock.systemUTC(), Progress.NONE, Optional.empty(), false));
    Comparison comparison = Comparison.of(captured.expectations(), found);
    comparison.differences().forEach(difference -> System.out.println("differs " + difference));
    System.out.println("facts " + comparison.compared());
    System.out.println("counts " + captured.counts());
  }
}
