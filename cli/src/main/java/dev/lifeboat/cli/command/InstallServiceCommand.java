package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.Configuration;
import dev.lifeboat.cli.config.RegionSection;
import dev.lifeboat.cli.config.Schedules;
import dev.lifeboat.cli.config.SecretSource;
import dev.lifeboat.cli.systemd.UnitFiles;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.schedules.JobSchedule;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat install-service}. */
@CommandLine.Command(
    name = "install-service",
    description = {
      "Make systemd units for this configuration: a service that runs lifeboat serve, or with --timer a timer and",
      "what it starts. They are printed, or written where --to says; nothing is enabled or started."
    })
public final class InstallServiceCommand extends Command {
  private static final Pattern USER = Pattern.compile("[a-z_][a-z0-9_-]{0,31}");
  private static final Pattern CREDENTIAL = Pattern.compile("[A-Za-z0-9._-]{1,100}");

  @CommandLine.Option(names = "--print", description = "Print the units.")
  private boolean print;

  @CommandLine.Option(
      names = "--to",
      paramLabel = "DIR",
      description = "Write them there, for example to /etc/systemd/system; never over another.")
  private @Nullable String to;

  @CommandLine.Option(
      names = "--timer",
      paramLabel = "JOB",
      arity = "0..1",
      fallbackValue = "nightly",
      description =
          "A timer for this entry of schedules, and a service that it starts; nightly if none is named.")
  private @Nullable String timer;

  @CommandLine.Option(
      names = "--user",
      paramLabel = "NAME",
      description = "Who runs it; lifeboat unless given.")
  private String user = "lifeboat";

  @CommandLine.Option(
      names = "--program",
      paramLabel = "FILE",
      description = "The lifeboat command; the one that runs now unless given.")
  private @Nullable String program;

  @CommandLine.Option(
      names = "--credential",
      paramLabel = "NAME=FILE",
      description =
          "A secret that systemd hands to the service, so that its user need not be able to read the file; may be given again. The configuration names it {file: /run/credentials/UNIT/NAME}.")
  private Map<String, String> credentials = Map.of();

  InstallServiceCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() throws Exception {
    if (print == (to != null)) {
      throw new CliException(
          ExitCode.USAGE,
          "say --print to see the units, or --to /etc/systemd/system to have them written");
    }
    try (Workspace workspace = Workspace.open(invocation())) {
      Configuration configuration = workspace.configuration();
      SortedMap<String, JobSchedule> jobs = Schedules.of(configuration);
      UnitFiles units =
          new UnitFiles(
              launcher(),
              invocation().configFile().toAbsolutePath(),
              user(),
              writable(workspace),
              credentials(),
              configuration.service().stopWithin());
      String wanted = timer;
      JobSchedule job = wanted == null ? null : jobs.get(wanted);
      if (jobs.isEmpty() || (wanted != null && job == null)) {
        throw new CliException(
            ExitCode.USAGE,
            "%s schedules %s; there are %s"
                .formatted(
                    invocation().configFile(),
                    wanted == null ? "nothing" : "no " + wanted,
                    jobs.keySet()));
      }
      Map<String, String> files;
      try {
        files =
            wanted == null || job == null
                ? units.service()
                : units.timer(wanted.replace(' ', '-'), job);
      } catch (IllegalArgumentException e) {
        throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()));
      }
      checkCredentials(configuration, files);
      if (json()) {
        printJson(Map.of("units", files));
      } else if (print) {
        new TreeMap<>(files)
            .forEach((name, text) -> print("# /etc/systemd/system/" + name + "\n" + text));
      }
      if (to != null) {
        write(invocation().path(to), files);
      }
      return ExitCode.DONE;
    }
  }

  private String user() {
    if (!USER.matcher(user).matches()) {
      throw new CliException(ExitCode.USAGE, "--user '%s' is no name of a user".formatted(user));
    }
    return user;
  }

  private SortedMap<String, Path> credentials() {
    SortedMap<String, Path> files = new TreeMap<>();
    credentials.forEach((name, file) -> {
      if (!CREDENTIAL.matcher(name).matches()) {
        throw new CliException(
            ExitCode.USAGE,
            "--credential '%s': a name has letters, digits, dots, dashes and underscores"
                .formatted(name));
      }
      files.put(name, invocation().path(file));
    });
    return files;
  }

  /** What the service must be able to write: its state, and regions on this machine. */
  private static List<Path> writable(Workspace workspace) {
    Set<Path> paths = new LinkedHashSet<>();
    paths.add(workspace.home().toAbsolutePath());
    for (RegionSection region : workspace.configuration().vault().regions()) {
      region.directory().ifPresent(directory -> paths.add(directory.path()));
    }
    workspace.configuration().drills().forEach(drill -> drill.scratch().ifPresent(paths::add));
    return List.copyOf(paths);
  }

  /** A passphrase that will not be there when the service looks for it is a night that fails. */
  private void checkCredentials(Configuration configuration, Map<String, String> files) {
    SecretSource passphrase = configuration.vault().passphrase().orElse(null);
    if (passphrase == null) {
      return;
    }
    if (passphrase.env().isPresent()) {
      invocation()
          .say(
              "warning: vault.passphrase comes from environment variable %s, which the service will not have; better --credential passphrase=FILE, and in the configuration {file: %s}"
                  .formatted(
                      passphrase.env().get(), UnitFiles.credential(unit(files), "passphrase")));
    }
    passphrase
        .file()
        .filter(file -> file.startsWith("/run/credentials"))
        .ifPresent(file -> {
          boolean handed =
              credentials.keySet().stream()
                  .anyMatch(name -> file.equals(UnitFiles.credential(unit(files), name)));
          if (!handed) {
            throw new CliException(
                ExitCode.USAGE,
                "vault.passphrase is %s, which no --credential makes: this unit's are under %s"
                    .formatted(file, UnitFiles.credential(unit(files), "NAME")));
          }
        });
  }

  private static String unit(Map<String, String> files) {
    return files.keySet().stream()
        .filter(name -> name.endsWith(".service"))
        .findFirst()
        .orElseThrow();
  }

  /** The launcher lies beside lib/ of an installed copy, or at the top of a source checkout. */
  private Path launcher() throws URISyntaxException {
    if (program != null) {
      Path named = invocation().path(program);
      if (!Files.isExecutable(named)) {
        throw new CliException(
            ExitCode.NOT_FOUND, "--program %s: there is no such program".formatted(named));
      }
      return named;
    }
    Path code =
        Path.of(
                InstallServiceCommand.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI())
            .toAbsolutePath();
    return Stream.iterate(code.getParent(), parent -> parent != null, Path::getParent)
        .limit(5)
        .map(parent -> parent.resolve("lifeboat"))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst()
        .orElseThrow(() ->
            new CliException(
                ExitCode.USAGE, "the lifeboat command was not found; name it with --program FILE"));
  }

  private void write(Path directory, Map<String, String> files) throws IOException {
    for (String name : files.keySet()) {
      if (Files.exists(directory.resolve(name))) {
        throw new CliException(
            ExitCode.REFUSED,
            "%s is there already; nothing was written. Remove it first, or see --print"
                .formatted(directory.resolve(name)));
      }
    }
    if (dryRun()) {
      return;
    }
    for (Map.Entry<String, String> file : files.entrySet()) {
      Files.writeString(directory.resolve(file.getKey()), file.getValue(), StandardCharsets.UTF_8);
      invocation().say("wrote " + directory.resolve(file.getKey()));
    }
    invocation()
        .say(
            "to start it: systemctl daemon-reload && systemctl enable --now "
                + files.keySet().stream().reduce((_, last) -> last).orElseThrow());
  }
}
