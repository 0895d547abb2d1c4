package dev.lifeboat.verify;

import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import java.util.Optional;

/**
 * Something a verification found that is not as it must be. A result, not an exception: one finding
 * does not keep the others from being found.
 */
public sealed interface Finding {
  /** What is wrong, naming the object and the region. */
  String what();

  /** The snapshots that cannot be restored from this region because of it. */
  Hurt hurt();

  /** The command that mends it; empty where no command can. */
  Optional<String> remedy();

  /** How bad it is, by what would be lost. */
  default Severity severity() {
    return switch (this) {
      case Missing missing -> Severity.of(missing.hurt(), missing.elsewhere());
      case WrongLength wrong -> Severity.of(wrong.hurt(), wrong.elsewhere());
      case WrongBytes wrong -> Severity.of(wrong.hurt(), wrong.elsewhere());
      case Overlaid over -> Severity.of(over.hurt(), true);
      case Unrestorable unrestorable -> Severity.of(unrestorable.hurt(), true);
      case LostSnapshot _, KeyMissing _ -> Severity.LOST;
      case RegionUnreachable _ -> Severity.UNKNOWN;
      case SuspiciousChange _ -> Severity.SUSPICIOUS;
    };
  }

  /** What would be lost, worst first. */
  enum Severity {
    /** Something cannot be restored any more, from any region that was asked. */
    LOST,
    /**
     * One copy is bad or gone; another region has it still, and has to be kept until it is mended.
     */
    ENDANGERED,
    /** The data themselves may be bad: somebody may have changed the source. */
    SUSPICIOUS,
    /** Nothing is known of a whole region. */
    UNKNOWN,
    /** Nothing that can be restored depends on it. */
    MINOR;

    private static Severity of(Hurt hurt, boolean elsewhere) {
      if (!hurt.everything() && hurt.snapshots().isEmpty()) {
        return MINOR;
      }
      return elsewhere ? ENDANGERED : LOST;
    }
  }

  /** A region lacks an object that a snapshot needs or that the vault cannot do without. */
  record Missing(RegionName region, ObjectKey key, Hurt hurt, boolean elsewhere)
      implements Finding {
    @Override
    public String what() {
      return "%s is missing in %s".formatted(key, region);
    }

    @Override
    public Optional<String> remedy() {
      return Remedies.copy(region, elsewhere);
    }
  }

  /** A region holds an object with a length it cannot have. */
  record WrongLength(
      RegionName region, ObjectKey key, long expected, long found, Hurt hurt, boolean elsewhere)
      implements Finding {
    @Override
    public String what() {
      return "%s has %,d bytes in %s and should have %,d".formatted(key, found, region, expected);
    }

    @Override
    public Optional<String> remedy() {
      return Remedies.copy(region, elsewhere);
    }
  }

  /** A region holds an object whose bytes are not what its name or its signature says. */
  record WrongBytes(RegionName region, ObjectKey key, String detail, Hurt hurt, boolean elsewhere)
      implements Finding {
    @Override
    public String what() {
      return "%s has wrong bytes in %s: %s".formatted(key, region, detail);
    }

    @Override
    public Optional<String> remedy() {
      return Remedies.copy(region, elsewhere);
    }
  }

  /**
   * In a region that keeps versions, something lies over an object that Lifeboat did not put there:
   * a delete marker, or other bytes.
   */
  record Overlaid(RegionName region, ObjectKey key, String detail, Hurt hurt) implements Finding {
    @Override
    public String what() {
      return "somebody tampered with %s in %s: %s".formatted(key, region, detail);
    }

    @Override
    public Optional<String> remedy() {
      return Remedies.copy(region, true);
    }
  }

  /** What lies in a region is what was written, yet a snapshot cannot be read from it. */
  record Unrestorable(RegionName region, String detail, Hurt hurt) implements Finding {
    @Override
    public String what() {
      return "in %s: %s".formatted(region, detail);
    }

    @Override
    public Optional<String> remedy() {
      return Remedies.copy(region, true);
    }
  }

  /** A snapshot names a predecessor that is in no region and that nobody recorded as forgotten. */
  record LostSnapshot(String dataset, String successor, Hurt hurt) implements Finding {
    @Override
    public String what() {
      return "dataset %s: the snapshot before %s was removed, and no retention did it"
          .formatted(dataset, successor);
    }

    @Override
    public Optional<String> remedy() {
      return Optional.empty();
    }
  }

  /** A tenant's keys are not sealed to a recipient that must be able to read. */
  record KeyMissing(String tenant, int generation, String recipient, Hurt hurt) implements Finding {
    @Override
    public String what() {
      return "no region holds generation %d of the keys of tenant %s for recipient %s"
          .formatted(generation, tenant, recipient);
    }

    @Override
    public Optional<String> remedy() {
      return Optional.of("lifeboat keys grant --tenant %s --to %s".formatted(tenant, recipient));
    }
  }

  /** A region could not be asked; nothing is known of what it holds. */
  record RegionUnreachable(RegionName region, String reason) implements Finding {
    @Override
    public String what() {
      return "region %s could not be checked: %s".formatted(region, reason);
    }

    @Override
    public Hurt hurt() {
      return Hurt.NONE;
    }

    @Override
    public Optional<String> remedy() {
      return Optional.of("lifeboat doctor");
    }
  }

  /**
   * A snapshot changed its dataset as it never changed before: see {@link SuspiciousChanges}.
   *
   * @param before the last snapshot before the change
   */
  record SuspiciousChange(String dataset, String snapshot, String before, String why)
      implements Finding {
    @Override
    public String what() {
      return "snapshot %s changed dataset %s as no night before it: %s; the last before it is %s"
          .formatted(snapshot, dataset, why, before);
    }

    /** What is stored is what was there: whether that is good, only its owner can say. */
    @Override
    public Hurt hurt() {
      return Hurt.NONE;
    }

    @Override
    public Optional<String> remedy() {
      return Optional.of("lifeboat diff %s %s".formatted(before, snapshot));
    }
  }
}
