package dev.lifeboat.cli.config;

import java.time.ZoneId;

/** When a job runs. */
public record ScheduleSection(
    Place at,
    @Doc("Quartz cron expression with seconds, for example \"0 30 1 * * ?\".") String cron,
    @Doc(value = "Time zone of the expression.", fallback = "UTC") ZoneId zone) {}
