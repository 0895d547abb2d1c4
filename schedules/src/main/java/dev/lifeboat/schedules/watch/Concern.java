package dev.lifeboat.schedules.watch;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * Something that is not as it should be by now, for somebody who did not know of it.
 *
 * @param subject a dataset as {@code tenant/name}, a region, a tenant, or {@code vault}
 * @param since when it became so; empty where nobody knows
 * @param what is wrong, in words
 * @param atRisk what would be lost if a disaster happened now, in words; empty if nothing more than
 *     {@code what} says
 * @param remedy the command to run; empty where no command helps
 */
public record Concern(
    Kind kind,
    Severity severity,
    String subject,
    Optional<Instant> since,
    String what,
    String atRisk,
    Optional<String> remedy) {

  /** How soon somebody has to look. */
  public enum Severity {
    /** Data would be lost in a disaster now, or already are. */
    CRITICAL,
    /** A promise is broken, and nothing would be lost yet. */
    WARNING;

    /** As it is printed. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What is wrong. The names, in lower case with hyphens, are a promise to scripts. */
  public enum Kind {
    /** A dataset has no complete snapshot that a quorum of regions holds. */
    NO_SNAPSHOT,
    /** The newest of them is older than the dataset's RPO. */
    SNAPSHOT_LATE,
    /** A region has no such snapshot, or none within the RPO. */
    COPY_LATE,
    /** A region does not answer. */
    REGION_SILENT,
    /** Objects are missing, wrong or forged, or a source changed as it never did. */
    DAMAGE,
    /** Not everything in a region was read within the promised time. */
    COVERAGE_OVERDUE,
    /** No drill of a dataset passed within the time. */
    DRILL_LATE,
    /** The chain of evidence is broken, or a piece cannot be read. */
    EVIDENCE_BROKEN,
    /** Copies of an audit trail are missing, changed or forged, or the trail is not theirs. */
    AUDIT_BROKEN,
    /** A host went on working, and its audit trail is not copied any more. */
    AUDIT_LATE,
    /** A region's clock and this machine's do not agree. */
    CLOCK_SKEW,
    /** A certificate, after whose end connections are refused, is soon too old. */
    CERTIFICATE_EXPIRES,
    /** The disk with this host's state is nearly full. */
    DISK_FULL,
    /** A disaster would take something whatever the datasets do. */
    UNPROTECTED;

    /** As it is printed. */
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** The same as long as it is the same trouble, however often it is looked at. */
  public String key() {
    return kind.text() + ":" + subject;
  }
}
