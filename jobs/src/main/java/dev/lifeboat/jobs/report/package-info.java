/** What a night says about itself: as values, for a terminal, and as JSON. */
@NullMarked
package dev.lifeboat.jobs.report;

import org.jspecify.annotations.NullMarked;
