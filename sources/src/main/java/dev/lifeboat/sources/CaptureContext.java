package dev.lifeboat.sources;

import dev.lifeboat.vault.snapshot.SnapshotSink;
import java.nio.file.Path;
import java.time.Clock;

/**
 * What a source is given to capture with.
 *
 * @param sink where the data go
 * @param state a directory of this dataset alone (mode 0700), kept between nights for caches and
 *     mirrors; losing it costs time, never data
 * @param progress told as the work goes on
 */
public record CaptureContext(SnapshotSink sink, Path state, Clock clock, Progress progress) {}
