package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.Environment;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.Version;
import dev.lifeboat.cli.config.ConfigException;
import dev.lifeboat.cli.config.ConfigView;
import dev.lifeboat.cli.config.Configuration;
import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.Uninterrupted;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.WholeFile;
import dev.lifeboat.vault.seal.HostKeystore;
import dev.lifeboat.verify.audit.AuditCopies;
import dev.lifeboat.verify.audit.AuditRecord;
import dev.lifeboat.verify.audit.AuditRecord.Concern;
import dev.lifeboat.verify.audit.AuditRecord.Entry;
import dev.lifeboat.verify.audit.AuditRecord.Event;
import dev.lifeboat.verify.audit.AuditRecord.Who;
import dev.lifeboat.verify.audit.AuditTrail;
import dev.lifeboat.verify.audit.Differences;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Records one run of a command, from its beginning to its end. What cannot be recorded is said on
 * standard error and stops nothing: a restore at night must not fail because a disk is full.
 */
public final class AuditSession {
  /** Configurations as they were seen last, beside the trail. */
  private static final String SEEN = "configurations.json";

  private static final JsonMapper MAPPER = JsonMapper.shared();

  private final Invocation invocation;
  private final Configuration configuration;
  private final AuditTrail trail;
  private final Entry entry;
  private final Instant began;
  private final @Nullable HostKeystore signer;
  private @Nullable Workspace kept;
  private boolean told;

  private AuditSession(
      Invocation invocation,
      Configuration configuration,
      AuditTrail trail,
      Entry entry,
      @Nullable HostKeystore signer) {
    this.invocation = invocation;
    this.configuration = configuration;
    this.trail = trail;
    this.entry = entry;
    this.began = invocation.environment().clock().instant();
    this.signer = signer;
  }

  /**
   * Records that a command begins; nothing if it is not one that is recorded, or there is no
   * configuration, without which no command does anything.
   */
  public static Optional<AuditSession> begin(Invocation invocation, CommandSpec spec) {
    Optional<Concern> concern = AuditedCommands.concern(spec, invocation.options().dryRun());
    if (concern.isEmpty()) {
      return Optional.empty();
    }
    Configuration configuration;
    try {
      configuration = invocation.configuration();
    } catch (CliException | ConfigException e) {
      return Optional.empty();
    }
    Path home = invocation.home();
    Environment environment = invocation.environment();
    AuditSession session =
        new AuditSession(
            invocation,
            configuration,
            new AuditTrail(home, environment.clock(), environment.random()),
            new Entry(
                Event.BEGIN,
                invocation.run(),
                AuditedCommands.words(spec),
                concern.get(),
                AuditedCommands.arguments(spec),
                AuditedCommands.datasets(spec),
                who(invocation),
                "lifeboat " + Version.current(),
                OptionalInt.empty(),
                AuditRecord.details()),
            signer(home));
    session.begin();
    invocation.keeper(session::keep);
    return Optional.of(session);
  }

  /** One of its own, which takes a millisecond: that of the command may be another by its end. */
  private static @Nullable HostKeystore signer(Path home) {
    Path file = home.resolve(HostKeystore.FILE_NAME);
    try {
      return Files.exists(file) ? HostKeystore.load(file) : null;
    } catch (IOException | VaultException e) {
      // The command says so if it needs it; the record waits for the next one that can sign.
      return null;
    }
  }

  private static Who who(Invocation invocation) {
    Environment environment = invocation.environment();
    String operator = invocation.options().operator();
    int uid = -1;
    try {
      uid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException e) {
      // No kernel to ask.
    }
    return new Who(
        System.getProperty("user.name", "unknown"),
        uid,
        environment.variables().getOrDefault("SUDO_USER", ""),
        Environment.host(),
        ProcessHandle.current().pid(),
        operator == null
            ? environment.variables().getOrDefault("LIFEBOAT_OPERATOR", "")
            : operator);
  }

  private void begin() {
    try {
      String file = invocation.configFile().toAbsolutePath().normalize().toString();
      String digest = Digest.of(Files.readAllBytes(invocation.configFile())).toString();
      noteConfiguration(file, digest);
      ObjectNode details = AuditRecord.details();
      details.putObject("configuration").put("file", file).put("sha256", digest);
      String service = invocation.environment().variables().get(Invocation.SERVICE_RUN);
      if (service != null) {
        details.put("service", service);
      }
      append(entry.then(Event.BEGIN, OptionalInt.empty(), details));
    } catch (IOException | RuntimeException e) {
      tell(e);
    }
  }

  private void append(Entry what) throws IOException {
    var _ = trail.append(what, Optional.ofNullable(signer));
  }

  private void tell(Exception why) {
    if (!told) {
      told = true;
      invocation
          .environment()
          .warn(
              "NOT RECORDED in the audit trail %s: %s; the command goes on"
                  .formatted(trail.file(), why));
    }
  }

  /** Records what was changed since a command of this home saw the same file last. */
  private void noteConfiguration(String file, String digest) throws IOException {
    Path place = trail.file().resolveSibling(SEEN);
    ObjectNode seen = read(place);
    JsonNode last = seen.path(file);
    if (last.path("sha256").asString("").equals(digest)) {
      return;
    }
    Map<String, String> now = new LinkedHashMap<>();
    Differences.flat(ConfigView.of(configuration))
        .forEach((key, value) -> now.put(key, AuditedCommands.masked(value)));
    ObjectNode details = AuditRecord.details();
    details.put("file", file).put("sha256", digest);
    if (last.isObject()) {
      details.put("before", last.path("sha256").asString(""));
      Map<String, String> before = new HashMap<>();
      last.path("values")
          .properties()
          .forEach(value -> before.put(value.getKey(), value.getValue().asString("")));
      ArrayNode changes = details.putArray("changes");
      for (Differences.Difference difference : Differences.between(before, now)) {
        ObjectNode change = changes.addObject().put("key", difference.key());
        change.put("before", difference.before().orElse(null));
        change.put("after", difference.after().orElse(null));
      }
    }
    append(entry.then(Event.CONFIGURATION, OptionalInt.empty(), details));
    ObjectNode noted = seen.putObject(file).put("sha256", digest);
    ObjectNode values = noted.putObject("values");
    now.forEach(values::put);
    WholeFile.replace(place, MAPPER.writeValueAsString(seen));
  }

  private static ObjectNode read(Path place) throws IOException {
    if (Files.exists(place)) {
      try {
        if (MAPPER.readTree(Files.readString(place)) instanceof ObjectNode seen) {
          return seen;
        }
      } catch (JacksonException e) {
        // Lost: every file counts as seen for the first time.
      }
    }
    return MAPPER.createObjectNode();
  }

  /** Keeps the first workspace that spoke to the vault open, for the copy. */
  private boolean keep(AutoCloseable closing) {
    if (kept == null && closing instanceof Workspace workspace && workspace.hasSpokenToTheVault()) {
      kept = workspace;
      return true;
    }
    return false;
  }

  /** Records how the command ended, and copies what is not in the vault yet. Never throws. */
  public void end(ExitCode code) {
    invocation.keeper(_ -> false);
    try {
      Duration took = Duration.between(began, invocation.environment().clock().instant());
      ObjectNode details = AuditRecord.details();
      details.put("outcome", code.meaning()).put("took", took.toString());
      append(entry.then(Event.END, OptionalInt.of(code.code()), details));
      Workspace workspace = kept;
      if (workspace != null
          && workspace.hasKeystore()
          && configuration.audit().copy()
          && code != ExitCode.INTERRUPTED
          && isWorthACopy()) {
        // Stopped in between, it would leave a region behind the others.
        Uninterrupted.run("audit", () -> copy(workspace));
      }
    } catch (IOException | RuntimeException e) {
      tell(e);
    } finally {
      if (kept != null) {
        kept.release();
      }
      if (signer != null) {
        signer.close();
      }
    }
  }

  /**
   * Who verifies wants to see that everything was read, and an object that was stored at the end of
   * it was not: those few records go with the next command, unless nothing but verifying is done.
   */
  private boolean isWorthACopy() {
    return !entry.command().equals("verify") || AuditCopies.isUrgent(trail);
  }

  private void copy(Workspace workspace) {
    try {
      AuditTrails.copies(workspace)
          .copy(trail, entry)
          .ifPresent(wrong ->
              invocation
                  .environment()
                  .warn(
                      "the audit trail %s does not go on from its copy in the vault: %s; run: lifeboat audit verify"
                          .formatted(trail.file(), wrong)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      invocation.say(
          "the audit trail is not copied into the vault: %s; the next command tries again"
              .formatted(e.getMessage()));
    }
  }
}
