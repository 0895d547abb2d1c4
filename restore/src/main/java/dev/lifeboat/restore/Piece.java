package dev.lifeboat.restore;

/**
 * One chunk's way into one file.
 *
 * @param frame number of the frame in its pack
 * @param offsetInFrame where the chunk begins in the decoded frame
 * @param bytes length of the chunk
 * @param file the file it goes to
 * @param number which chunk of the file it is, from 0
 */
record Piece(int frame, int offsetInFrame, int bytes, PlannedFile file, int number) {}
