/**
 * Tells somebody: a queue on the disk that loses no alert, the rules that say to whom each goes,
 * and the delivery that tries until it is done.
 *
 * <p>An <em>alert</em> is a trouble with a key of its own, from when it is raised until it is
 * resolved. A <em>channel</em> is a way to people. A <em>message</em> is one alert to be told once
 * through one channel; a <em>notice</em> is what the channel is given of it. Messages are delivered
 * at least once: whoever is killed between sending one and noting it sends it again, with the same
 * key and the same number.
 */
@NullMarked
package dev.lifeboat.schedules.alert;

import org.jspecify.annotations.NullMarked;
