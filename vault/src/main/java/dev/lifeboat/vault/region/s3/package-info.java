/**
 * <em>Regions in S3</em>: a bucket, or the part of one below a prefix, at Amazon or at any service
 * that speaks its protocol.
 *
 * <p>Each attempt at something is one request (a multipart upload: one for each part, and two);
 * trying again is left to {@link dev.lifeboat.vault.region.RegionSet}, and the SDK's own retries
 * are off, so that attempts are not multiplied. What an answer means is told by its status and
 * error code, never by its message, which services word as they like or leave out.
 *
 * <p>Nothing here is loaded unless a region in S3 is configured.
 */
@NullMarked
package dev.lifeboat.vault.region.s3;

import org.jspecify.annotations.NullMarked;
