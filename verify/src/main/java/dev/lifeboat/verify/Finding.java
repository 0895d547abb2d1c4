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
}
