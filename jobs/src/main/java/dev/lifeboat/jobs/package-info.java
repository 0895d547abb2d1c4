/** The Spring Batch jobs: what happens in a night, restartable where it stopped. */
@NullMarked
package dev.lifeboat.jobs;

import org.jspecify.annotations.NullMarked;
