/**
 * The jobs: what happens in a <em>night</em>, restartable where it stopped.
 *
 * <p>A night is plan, backup, replicate, verify, retention, reclamation and report. {@link
 * dev.lifeboat.jobs.Nightly} runs one over a {@link dev.lifeboat.jobs.NightPlan}; what each part
 * does to the vault is {@link dev.lifeboat.jobs.NightWork}'s business, in which order and what
 * after a crash is ours. Spring appears here and in no other package.
 *
 * <p>The state kept here is history and bookkeeping. Losing it costs that, never data: what is in
 * the vault is known from the vault.
 */
@NullMarked
package dev.lifeboat.jobs;

import org.jspecify.annotations.NullMarked;
