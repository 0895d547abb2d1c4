/** What a night, a restore and a verification may ask of a region, by number. */
@NullMarked
package dev.lifeboat.bench;

import org.jspecify.annotations.NullMarked;
