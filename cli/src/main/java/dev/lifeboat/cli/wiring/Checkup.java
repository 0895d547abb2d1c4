package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.Failure;
import dev.lifeboat.cli.config.ConfigException.Problem;
import dev.lifeboat.cli.config.DatasetSection;
import dev.lifeboat.cli.config.RegionSection;
import dev.lifeboat.cli.config.S3Section;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.seal.TenantName;
import dev.lifeboat.vault.seal.VaultDocument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** Looks whether everything that a night needs is there. Changes nothing. */
public final class Checkup {
  private static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(2);
  private static final long LITTLE_SPACE = 2L << 30;
  private static final Set<PosixFilePermission> OTHERS =
      Set.of(
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE);

  private final Workspace workspace;
  private final List<Check> checks = new ArrayList<>();

  public Checkup(Workspace workspace) {
    this.workspace = workspace;
  }

  /** What a check found. */
  public enum Verdict {
    OK("ok"),
    WARNING("??"),
    WRONG("!!");

    private final String mark;

    Verdict(String mark) {
      this.mark = mark;
    }

    public String mark() {
      return mark;
    }
  }

  /**
   * One check.
   *
   * @param detail what was found; if it is not well, with what to do
   */
  public record Check(Verdict verdict, String subject, String detail) {
    public static Check ok(String subject, String detail) {
      return new Check(Verdict.OK, subject, detail);
    }

    public static Check warning(String subject, String detail) {
      return new Check(Verdict.WARNING, subject, detail);
    }

    public static Check wrong(String subject, String detail) {
      return new Check(Verdict.WRONG, subject, detail);
    }
  }

  /** What can be said without a configuration. */
  public static List<Check> ofProcess() {
    List<Check> checks = new ArrayList<>();
    checks.add(
        Check.ok(
            "java",
            "%s, %s for the heap"
                .formatted(
                    System.getProperty("java.runtime.version"),
                    Units.bytes(Runtime.getRuntime().maxMemory()))));
    String cache = System.getProperty("lifeboat.cache", "");
    checks.add(
        cache.isEmpty()
            ? Check.warning(
                "fast start", "no ahead-of-time cache in use: start through the lifeboat script")
            : Check.ok("fast start", cache));
    String locale = System.getProperty("sun.jnu.encoding", "");
    checks.add(
        locale.equals("UTF-8")
            ? Check.ok("locale", "UTF-8")
            : Check.warning(
                "locale",
                "%s: paths on the command line beyond ASCII need LC_ALL=C.UTF-8; names of files in datasets do not"
                    .formatted(locale)));
    return checks;
  }

  /** Everything that the configuration names. */
  public List<Check> all() {
    sources();
    home();
    keys();
    regions();
    tools();
    return List.copyOf(checks);
  }

  private void sources() {
    for (Problem problem : Sources.problems(workspace.configuration())) {
      checks.add(Check.wrong("configuration", problem.toString()));
    }
    if (workspace.configuration().datasets().isEmpty()) {
      checks.add(Check.warning("datasets", "none: nothing is backed up"));
    }
    for (DatasetSection dataset : workspace.configuration().datasets()) {
      dataset
          .directory()
          .ifPresent(directory -> {
            String subject = "dataset " + dataset.id();
            if (!Files.isDirectory(directory.path())) {
              checks.add(Check.wrong(subject, directory.path() + " is no directory here"));
            } else if (!Files.isReadable(directory.path())) {
              checks.add(Check.wrong(subject, directory.path() + " cannot be read by this user"));
            } else {
              checks.add(Check.ok(subject, directory.path().toString()));
            }
          });
    }
  }

  private void home() {
    Path home = workspace.home();
    Path existing = home;
    while (existing != null && !Files.exists(existing)) {
      existing = existing.getParent();
    }
    if (existing == null || !Files.isWritable(existing)) {
      checks.add(Check.wrong("home", "%s cannot be written by this user".formatted(home)));
      return;
    }
    try {
      long free = Files.getFileStore(existing).getUsableSpace();
      checks.add(
          free < LITTLE_SPACE
              ? Check.warning("home", "%s has only %s free".formatted(home, Units.bytes(free)))
              : Check.ok("home", "%s, %s free".formatted(home, Units.bytes(free))));
      if (Files.exists(home)
          && Files.getPosixFilePermissions(home).stream().anyMatch(OTHERS::contains)) {
        checks.add(Check.warning("home", "%s can be read by others: chmod 700 it".formatted(home)));
      }
    } catch (IOException e) {
      checks.add(Check.wrong("home", Failure.of(e).message()));
    }
  }

  private void keys() {
    if (workspace.hasKeystore()) {
      try {
        checks.add(
            Check.ok(
                "host keystore",
                "%s, %d tenants"
                    .formatted(
                        workspace.keystore().writer(), workspace.keystore().tenants().size())));
        workspace.configuration().datasets().stream()
            .map(DatasetSection::tenant)
            .distinct()
            .filter(tenant -> !knows(tenant))
            .forEach(tenant ->
                checks.add(
                    Check.warning(
                        "tenant " + tenant, "has no keys yet; the next night makes them")));
      } catch (IOException | VaultException e) {
        checks.add(Check.wrong("host keystore", Failure.of(e).message()));
      }
    } else {
      checks.add(
          Check.wrong(
              "host keystore",
              "%s is missing; run: lifeboat init".formatted(workspace.keystoreFile())));
    }
    workspace
        .configuration()
        .vault()
        .kit()
        .ifPresentOrElse(
            kit ->
                checks.add(
                    Files.isReadable(kit)
                        ? Check.ok("recovery kit", kit + ": this host can restore")
                        : Check.warning(
                            "recovery kit",
                            "%s is not here: this host cannot restore".formatted(kit))),
            () -> checks.add(Check.ok("recovery kit", "none: this host writes only")));
  }

  private boolean knows(TenantName tenant) {
    try {
      return workspace.keystore().newest(tenant).isPresent();
    } catch (IOException e) {
      return false;
    }
  }

  private void regions() {
    boolean answers = false;
    for (Region region : workspace.regions().regions()) {
      answers |= region(region);
    }
    if (answers && workspace.hasKeystore()) {
      try {
        VaultDocument document = workspace.document();
        checks.add(
            Check.ok(
                "vault",
                "%s, document generation %d".formatted(document.vault(), document.generation())));
      } catch (IOException | VaultException e) {
        checks.add(Check.wrong("vault", Failure.of(e).message()));
      }
    }
    if (workspace.configuration().vault().regions().size() == 1) {
      checks.add(
          Check.warning("regions", "there is only one: a disaster there takes every snapshot"));
    }
  }

  private boolean region(Region region) {
    String subject = "region " + region.name();
    try {
      Instant theirs = region.now();
      Duration apart = Duration.between(theirs, workspace.environment().clock().instant()).abs();
      if (apart.compareTo(CLOCK_TOLERANCE) > 0) {
        checks.add(
            Check.warning(
                subject, "its clock is %s away from this host's".formatted(Units.duration(apart))));
      }
      RegionSection section =
          workspace.configuration().vault().regions().stream()
              .filter(candidate -> candidate.name().equals(region.name()))
              .findFirst()
              .orElseThrow();
      if (section.s3().isPresent()) {
        bucket(subject, section.s3().get(), region);
        return true;
      }
      Path path = section.directory().orElseThrow().path();
      if (!Files.isWritable(path)) {
        checks.add(Check.wrong(subject, path + " cannot be written by this user"));
        return true;
      }
      long free = Files.getFileStore(path).getUsableSpace();
      checks.add(
          free < LITTLE_SPACE
              ? Check.warning(subject, "%s has only %s free".formatted(path, Units.bytes(free)))
              : Check.ok(subject, "%s, %s free".formatted(path, Units.bytes(free))));
      return true;
    } catch (RegionException e) {
      checks.add(Check.wrong(subject, String.valueOf(e.getMessage())));
    } catch (IOException e) {
      checks.add(Check.wrong(subject, Failure.of(e).message()));
    }
    return false;
  }

  /** That it answers is known by now. */
  private void bucket(String subject, S3Section s3, Region region) throws RegionException {
    AtomicInteger documents = new AtomicInteger();
    region.list(VaultDocument.PREFIX, _ -> documents.incrementAndGet());
    boolean readable =
        s3.allowPlainHttp()
            && s3.address().filter(address -> "http".equals(address.getScheme())).isPresent();
    if (readable) {
      checks.add(
          Check.warning(
              subject,
              "%s is reached by plain http: what is stored is sealed, but who watches the network learns names and sizes, and may cut connections"
                  .formatted(s3.place())));
    } else {
      checks.add(
          Check.ok(
              subject,
              "%s answers%s"
                  .formatted(s3.place(), documents.get() == 0 ? ", and holds no vault yet" : "")));
    }
  }

  /** Programs that sources start. Git, H2 and the vault itself need none. */
  private void tools() {
    for (DatasetSection dataset : workspace.configuration().datasets()) {
      dataset
          .postgres()
          .ifPresent(postgres -> {
            List<Path> places = new ArrayList<>();
            postgres.binaries().ifPresent(places::add);
            for (String part :
                workspace.environment().variables().getOrDefault("PATH", "").split(":", -1)) {
              if (!part.isEmpty()) {
                places.add(Path.of(part));
              }
            }
            try (Stream<Path> versions = Files.list(Path.of("/usr/lib/postgresql"))) {
              versions.map(version -> version.resolve("bin")).forEach(places::add);
            } catch (IOException _) {
              // not a Debian system, or no PostgreSQL there
            }
            String subject = "pg_dump for " + dataset.id();
            checks.add(
                places.stream()
                    .map(place -> place.resolve("pg_dump"))
                    .filter(Files::isExecutable)
                    .findFirst()
                    .map(tool -> Check.ok(subject, tool.toString()))
                    .orElseGet(() ->
                        Check.wrong(
                            subject, "is not installed: apt-get install postgresql-client")));
          });
    }
  }
}
