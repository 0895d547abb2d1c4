/** Results for people and for machines: tables with human units, and JSON. */
@NullMarked
package dev.lifeboat.cli.output;

import org.jspecify.annotations.NullMarked;
