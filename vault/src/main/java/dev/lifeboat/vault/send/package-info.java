/**
 * Sends what a session stores to all regions at once, each at its own pace.
 *
 * <p>A <em>parcel</em> is one object on its way; a <em>shipment</em> is all parcels of one session;
 * an <em>outbox</em> is the queue of one region, which the sessions of a vault share. A region that
 * cannot keep up <em>lags</em>: its parcels leave memory for the <em>spill</em>, a bounded place on
 * the local disk, and it is served from there. Nothing here knows what an object means; order is
 * kept only where a parcel asks to go behind all earlier ones of its shipment.
 */
@NullMarked
package dev.lifeboat.vault.send;

import org.jspecify.annotations.NullMarked;
