package dev.lifeboat.sources;

import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;

/**
 * What a restorer is given to work with.
 *
 * @param scratch an empty directory (mode 0700) for temporary files, removed by the caller
 * @param password of the target, when one is needed
 * @param overwrite whether what exists in the target under the same names may be replaced
 */
public record BringBackContext(
    Path scratch, Clock clock, Progress progress, Optional<Secret> password, boolean overwrite) {}
