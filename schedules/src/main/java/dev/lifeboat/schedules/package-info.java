/** When things happen. */
@NullMarked
package dev.lifeboat.schedules;

import org.jspecify.annotations.NullMarked;
