package dev.lifeboat.cli.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The whole configuration. */
public record Configuration(
    Place at,
    @Doc("Where the vault lies and how it is opened.") VaultSection vault,
    @Doc("What is backed up.") List<DatasetSection> datasets,
    @Doc("Which snapshots are kept; without it all are.") Optional<RetentionSection> retention,
    @Doc(value = "How a night is run.", fallback = "{}") NightSection night,
    @Doc("Restores that prove themselves, by lifeboat drill.") List<DrillSection> drills,
    @Doc(value = "By when things must have happened, for lifeboat watch.", fallback = "{}")
        WatchSection watch,
    @Doc("What the service shows over HTTP; without it nothing.") Optional<HttpSection> http,
    @Doc(value = "What becomes of the audit trail.", fallback = "{}") AuditSection audit,
    @Doc("When jobs run, by the name of the job, or any other that is yours.")
        Map<String, ScheduleSection> schedules,
    @Doc(value = "How lifeboat serve runs.", fallback = "{}") ServiceSection service,
    @Doc("Who is told when something is wrong; without it nobody is.")
        Optional<AlertsSection> alerts,
    @Doc(
            "Services outside that notice when a job does not run, by the name of the job: one of schedules, or \"drill NAME\".")
        Map<String, HeartbeatSection> heartbeats) {
  public Configuration {
    datasets = List.copyOf(datasets);
    drills = List.copyOf(drills);
  }
}
