package dev.lifeboat.vault.region;

import java.time.Instant;

/**
 * One object as a region lists it.
 *
 * @param bytes its length
 * @param modified when it was stored, by the region's own clock
 */
public record ObjectInfo(ObjectKey key, long bytes, Instant modified) {}
