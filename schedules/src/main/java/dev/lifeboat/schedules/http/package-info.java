/**
 * What the service shows over HTTP: whether it is alive, and, to who may know, metrics and status.
 * Nothing can be changed over it. Pages are made beforehand, so that no request costs anything but
 * its answer.
 */
@NullMarked
package dev.lifeboat.schedules.http;

import org.jspecify.annotations.NullMarked;
