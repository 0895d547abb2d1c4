package dev.lifeboat.verify.evidence;

import java.util.List;

/**
 * What auditors ask for, and which part of the evidence speaks to it. It answers no requirement as
 * a whole: policies, people and everything outside the vault are somebody else's.
 */
final class Controls {
  private Controls() {}

  /** A requirement and where to look. */
  record Control(String reference, String asks, String evidence) {}

  static final List<Control> ALL =
      List.of(
          new Control(
              "SOC 2 A1.2",
              "Environmental protections, data backup and recovery infrastructure are maintained and monitored",
              "Coverage by region and depth; which regions held the drilled copy"),
          new Control(
              "SOC 2 A1.3",
              "Recovery plan procedures are tested",
              "Drills: scenario, stages, measured RTO and RPO against goals, deviations"),
          new Control(
              "SOC 2 CC7.5",
              "Recovery from identified incidents; lessons are fed back",
              "Notes with owner and due date, followed to a retest"),
          new Control(
              "ISO/IEC 27001:2022 A.8.13",
              "Backup copies are maintained and regularly tested",
              "Checks with expected and actual; coverage; what was not proven"),
          new Control(
              "HIPAA 45 CFR 164.308(a)(7)(ii)(A), (B), (D)",
              "Data backup plan, disaster recovery plan, testing and revision procedures",
              "Exact copy restored, restoration of any loss of data, deviations and their notes"),
          new Control(
              "NIST SP 800-34 Rev. 1, 3.5 and CP-4, CP-9(1), CP-10",
              "Contingency plan testing; testing of backups for reliability and integrity; recovery",
              "Drills from backups on fenced targets, and self-tests with seeded faults"),
          new Control(
              "NIST SP 800-84, 5",
              "Functional exercises and tests: objectives, participants, results, after-action report",
              "Goals, who started, verdict with reasons, deviations, notes"));

  static void write(Html html) {
    html.section("What this speaks to");
    html.table(
        List.of("Requirement", "Asks for", "Look at"),
        ALL.stream()
            .map(control -> List.of(control.reference(), control.asks(), control.evidence()))
            .toList());
  }
}
