package dev.lifeboat.sources.fence;

/**
 * What came of trying one thing out.
 *
 * @param count how many things were looked at; none is no proof
 */
public record Trial(String name, String expected, String actual, long count, boolean passed) {}
