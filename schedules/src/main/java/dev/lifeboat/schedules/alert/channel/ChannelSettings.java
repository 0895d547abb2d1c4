package dev.lifeboat.schedules.alert.channel;

/**
 * What all channels have.
 *
 * @param from how this installation calls itself
 * @param details whether the channel may have messages of regions and sources, and names of objects
 *     and files
 */
public record ChannelSettings(String from, boolean details) {}
