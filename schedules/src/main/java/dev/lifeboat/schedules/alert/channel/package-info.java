/** The ways to people: each class speaks the language of one service. */
@NullMarked
package dev.lifeboat.schedules.alert.channel;

import org.jspecify.annotations.NullMarked;
