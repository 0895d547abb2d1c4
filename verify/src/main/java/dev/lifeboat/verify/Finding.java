package dev.lifeboat.verify;

import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.RegionName;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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

  /** What programs know this kind by: it stays the same when classes are renamed. */
  default String kind() {
    return switch (this) {
      case Missing _ -> "Missing";
      case WrongLength _ -> "WrongLength";
      case WrongBytes _ -> "WrongBytes";
      case UnsignedManifest _ -> "UnsignedManifest";
      case Overlaid _ -> "Overlaid";
      case Unrestorable _ -> "Unrestorable";
      case StaleIndex _ -> "StaleIndex";
      case Unindexed _ -> "Unindexed";
      case LostSnapshot _ -> "LostSnapshot";
      case KeyMissing _ -> "KeyMissing";
      case LockShort _ -> "LockShort";
      case ClockSkew _ -> "ClockSkew";
      case Orphans _ -> "Orphans";
      case RegionUnreachable _ -> "RegionUnreachable";
      case SuspiciousChange _ -> "SuspiciousChange";
    };
  }

  /**
   * Whether everything can be restored with it, and will be: worth knowing, and no reason to call a
   * vault unsound.
   */
  default boolean isAdvice() {
    return switch (this) {
      case Unindexed _, Orphans _ -> true;
      case ClockSkew skew -> skew.severity() == Severity.MINOR;
      case BadCopy _,
          Overlaid _,
          Unrestorable _,
          StaleIndex _,
          LostSnapshot _,
          KeyMissing _,
          LockShort _,
          RegionUnreachable _,
          SuspiciousChange _ ->
          false;
    };
  }

  /** How bad it is, by what would be lost. */
  default Severity severity() {
    return switch (this) {
      case BadCopy bad -> Severity.of(bad.hurt(), bad.elsewhere());
      case Overlaid over -> Severity.of(over.hurt(), true);
      case StaleIndex stale -> Severity.of(stale.hurt(), true);
      case LockShort locked -> Severity.of(locked.hurt(), true);
      case Unindexed _, Orphans _ -> Severity.MINOR;
      case ClockSkew skew ->
          skew.off().abs().compareTo(ClockSkew.WARNING) > 0 ? Severity.SUSPICIOUS : Severity.MINOR;
      case Unrestorable unrestorable -> Severity.of(unrestorable.hurt(), true);
      case LostSnapshot _, KeyMissing _ -> Severity.LOST;
      case RegionUnreachable _ -> Severity.UNKNOWN;
      case SuspiciousChange _ -> Severity.SUSPICIOUS;
    };
  }

  /** An object that is wrong in one region, and may be right in another. */
  sealed interface BadCopy extends Finding
      permits Missing, WrongLength, WrongBytes, UnsignedManifest {
    RegionName region();

    ObjectKey key();

    /** Whether another region seems to have it as it should be. */
    boolean elsewhere();

    /** The same, where it turned out that none has. */
    BadCopy nowhereElse();

    @Override
    default Optional<String> remedy() {
      return Remedies.copy(region(), elsewhere() || Remedies.isRebuilt(key()));
    }
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
      implements BadCopy {
    @Override
    public Missing nowhereElse() {
      return new Missing(region, key, hurt, false);
    }

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
      implements BadCopy {
    @Override
    public WrongLength nowhereElse() {
      return new WrongLength(region, key, expected, found, hurt, false);
    }

    @Override
    public String what() {
      return "%s has %,d bytes in %s and should have %,d".formatted(key, found, region, expected);
    }
  }

  /** A region holds an object whose bytes are not what its name or its signature says. */
  record WrongBytes(RegionName region, ObjectKey key, String detail, Hurt hurt, boolean elsewhere)
      implements BadCopy {
    @Override
    public WrongBytes nowhereElse() {
      return new WrongBytes(region, key, detail, hurt, false);
    }

    @Override
    public String what() {
      return "%s has wrong bytes in %s: %s".formatted(key, region, detail);
    }
  }

  /** A region holds a manifest that no writer of the vault signed as it is: forged, or harmed. */
  record UnsignedManifest(
      RegionName region, ObjectKey key, String detail, Hurt hurt, boolean elsewhere)
      implements BadCopy {
    @Override
    public UnsignedManifest nowhereElse() {
      return new UnsignedManifest(region, key, detail, hurt, false);
    }

    @Override
    public String what() {
      return "%s in %s is not a manifest that a writer of this vault signed: %s"
          .formatted(key, region, detail);
    }
  }

  /**
   * An index object tells something else of a pack than the pack itself, which is sound: a restore
   * that believes it finds other bytes than it looks for.
   */
  record StaleIndex(RegionName region, ObjectKey key, PackId pack, Hurt hurt) implements Finding {
    @Override
    public String what() {
      return "%s in %s is not what pack %s says of itself".formatted(key, region, pack);
    }

    @Override
    public Optional<String> remedy() {
      return Optional.of("lifeboat verify --deep --heal --region " + region);
    }
  }

  /**
   * Packs that snapshots need and that no index object tells of: found by their own directories.
   */
  record Unindexed(RegionName region, long packs, long bytes) implements Finding {
    @Override
    public String what() {
      return "%,d needed packs (%,d bytes) in %s are in no index object: every restore reads their directories first"
          .formatted(packs, bytes, region);
    }

    @Override
    public Hurt hurt() {
      return Hurt.NONE;
    }

    @Override
    public Optional<String> remedy() {
      return Optional.of("lifeboat verify --deep --heal --region " + region);
    }
  }

  /**
   * An object that a snapshot needs is not locked, or not as long as the rule of its region says.
   *
   * @param held until when it is; {@code null} if it is not
   * @param wanted until when it should be
   */
  record LockShort(
      RegionName region, ObjectKey key, @Nullable Instant held, Instant wanted, Hurt hurt)
      implements Finding {
    @Override
    public String what() {
      return "%s in %s is %s and should be locked until %s: who has the credentials can remove it"
          .formatted(key, region, held == null ? "not locked" : "locked until " + held, wanted);
    }

    @Override
    public Optional<String> remedy() {
      return Optional.of("lifeboat nightly");
    }
  }

  /**
   * A region's clock and this host's differ.
   *
   * @param off by how much the region is ahead
   */
  record ClockSkew(RegionName region, Duration off) implements Finding {
    /** Less is usual. */
    static final Duration USUAL = Duration.ofMinutes(1);

    /** More can make leases and marks end too early. */
    static final Duration WARNING = Duration.ofMinutes(5);

    @Override
    public String what() {
      return "the clock of %s is %,d seconds %s of this host's: leases, locks and ages are told by it"
          .formatted(region, off.abs().toSeconds(), off.isNegative() ? "behind" : "ahead");
    }

    @Override
    public Hurt hurt() {
      return Hurt.NONE;
    }

    @Override
    public Optional<String> remedy() {
      return Optional.of("timedatectl status");
    }
  }

  /**
   * Packs that no snapshot needs and no mark names, stored longer ago than any backup takes.
   *
   * @param example one of them
   */
  record Orphans(RegionName region, long packs, long bytes, ObjectKey example) implements Finding {
    @Override
    public String what() {
      return "%,d packs (%,d bytes) in %s are needed by no snapshot and marked by no reclamation, for example %s"
          .formatted(packs, bytes, region, example);
    }

    @Override
    public Hurt hurt() {
      return Hurt.NONE;
    }

    @Override
    public Optional<String> remedy() {
      return Optional.of("lifeboat reclaim");
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
