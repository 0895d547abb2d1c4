package dev.lifeboat.cli.systemd;

import dev.lifeboat.schedules.JobSchedule;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Unit files of systemd.
 *
 * @param program the launcher
 * @param config the configuration
 * @param user who runs it
 * @param writable what it writes: the home, and regions that are directories
 * @param credentials files with secrets by the names under which the service gets them
 * @param stopWithin how long it may take to stop
 */
public record UnitFiles(
    Path program,
    Path config,
    String user,
    List<Path> writable,
    SortedMap<String, Path> credentials,
    Duration stopWithin) {
  /** The unit of the service; where its credentials are, follows from its name. */
  public static final String SERVICE = "lifeboat.service";

  private static final Pattern PLAIN_TIME =
      Pattern.compile(
          "(\\d{1,2}) (\\d{1,2}) (\\d{1,2}) ([?*]) \\* ([?*]|[A-Za-z]{3}(?:[,-][A-Za-z]{3})*)");

  private static final String SANDBOX =
      """
      # Reads every file, to back it up, and has no other power of root. Remove both lines where it
      # needs to read nothing but its own.
      AmbientCapabilities=CAP_DAC_READ_SEARCH
      CapabilityBoundingSet=CAP_DAC_READ_SEARCH
      NoNewPrivileges=yes
      UMask=0077
      # Everything is read-only but what ReadWritePaths names.
      ProtectSystem=strict
      ProtectHome=read-only
      PrivateTmp=yes
      PrivateDevices=yes
      ProtectClock=yes
      ProtectControlGroups=yes
      ProtectHostname=yes
      ProtectKernelLogs=yes
      ProtectKernelModules=yes
      ProtectKernelTunables=yes
      ProtectProc=invisible
      LockPersonality=yes
      KeyringMode=private
      RemoveIPC=yes
      RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
      RestrictNamespaces=yes
      RestrictRealtime=yes
      # Drills bring back what was there, also files with these bits.
      RestrictSUIDSGID=no
      SystemCallArchitectures=native
      SystemCallFilter=@system-service
      SystemCallFilter=~@privileged @resources
      # The virtual machine asks for its priority and memory policy, and must go on without.
      SystemCallErrorNumber=EPERM
      # Not here, because the Java virtual machine compiles at run time and needs memory that it can
      # write and execute: MemoryDenyWriteExecute=yes.
      """;

  public UnitFiles {
    writable = List.copyOf(writable);
    credentials = new TreeMap<>(credentials);
  }

  /** The service that does everything by itself: name to content. */
  public Map<String, String> service() {
    return Map.of(
        SERVICE,
        """
        [Unit]
        Description=Lifeboat: backups that prove that they come back
        Wants=network-online.target
        After=network-online.target postgresql.service
        StartLimitIntervalSec=10min
        StartLimitBurst=10

        [Service]
        Type=notify
        NotifyAccess=main
        ExecStart=%s
        Restart=always
        RestartSec=10
        # Interrupted, as it was told to: that is no failure.
        SuccessExitStatus=5
        TimeoutStartSec=5min
        TimeoutStopSec=%d
        WatchdogSec=2min
        %s%s
        [Install]
        WantedBy=multi-user.target
        """
            .formatted(command("serve"), stopWithin.toSeconds() + 30, common(SERVICE), SANDBOX));
  }

  /**
   * A timer and what it starts, for those who want systemd to do the scheduling.
   *
   * @throws IllegalArgumentException if a timer cannot say when
   */
  public Map<String, String> timer(String name, JobSchedule job) {
    String unit = "lifeboat-" + name;
    Map<String, String> files = new LinkedHashMap<>();
    files.put(
        unit + ".service",
        """
        [Unit]
        Description=Lifeboat: %s
        Wants=network-online.target
        After=network-online.target postgresql.service

        [Service]
        Type=oneshot
        ExecStart=%s
        %sTimeoutStopSec=%d
        %s%s\
        """
            .formatted(
                name,
                command("--quiet", job.command().toArray(String[]::new)),
                job.maxDuration()
                    .map(limit -> "TimeoutStartSec=%d\n".formatted(limit.toSeconds()))
                    .orElse("TimeoutStartSec=infinity\n"),
                stopWithin.toSeconds() + 30,
                common(unit + ".service"),
                SANDBOX));
    files.put(
        unit + ".timer",
        """
        [Unit]
        Description=Lifeboat: when %s is due

        [Timer]
        OnCalendar=%s
        RandomizedDelaySec=%d
        # What was due while the machine was off runs at its start, once.
        Persistent=%s

        [Install]
        WantedBy=timers.target
        """
            .formatted(
                name, calendar(name, job), job.jitter().toSeconds(), job.catchUp() ? "yes" : "no"));
    return files;
  }

  /** As systemd writes what is due each day, or on some days of the week. */
  private static String calendar(String name, JobSchedule job) {
    Matcher time = PLAIN_TIME.matcher(job.when().cron().trim());
    if (!time.matches()) {
      throw new IllegalArgumentException(
          "%s: a timer cannot say when \"%s\" is; it can say a time of the day, with days of the week. The service can do more: lifeboat install-service"
              .formatted(name, job.when().cron()));
    }
    if (job.after().isPresent() || !job.blackouts().isEmpty()) {
      throw new IllegalArgumentException(
          "%s: a timer knows neither after nor blackout; the service does: lifeboat install-service"
              .formatted(name));
    }
    String days = time.group(5).length() == 1 ? "" : days(time.group(5)) + " ";
    return "%s*-*-* %02d:%02d:%02d %s"
        .formatted(
            days,
            Integer.parseInt(time.group(3)),
            Integer.parseInt(time.group(2)),
            Integer.parseInt(time.group(1)),
            job.when().zone().getId().equals("Z") ? "UTC" : job.when().zone().getId());
  }

  /** {@code MON-FRI} and {@code sat,sun} as systemd has them. */
  private static String days(String cron) {
    StringBuilder days = new StringBuilder();
    for (String word : cron.split("(?=[,-])|(?<=[,-])", -1)) {
      days.append(
          word.length() == 1
              ? word.replace("-", "..")
              : word.substring(0, 1).toUpperCase(Locale.ROOT)
                  + word.substring(1).toLowerCase(Locale.ROOT));
    }
    return days.toString();
  }

  private String common(String unit) {
    StringBuilder lines = new StringBuilder();
    lines.append("User=").append(user).append('\n');
    for (Path path : writable) {
      lines.append("ReadWritePaths=").append(quoted(path.toString())).append('\n');
    }
    credentials.forEach((name, file) ->
        lines
            .append("# The configuration finds it as {file: ")
            .append(credential(unit, name))
            .append("}.\n")
            .append("LoadCredential=")
            .append(quoted(name + ":" + file))
            .append('\n'));
    return lines.toString();
  }

  /** Where a unit finds a credential. */
  public static Path credential(String unit, String name) {
    return Path.of("/run/credentials", unit, name);
  }

  private String command(String first, String... more) {
    StringBuilder line = new StringBuilder(quoted(program.toString()));
    line.append(" --config ").append(quoted(config.toString())).append(' ').append(first);
    for (String word : more) {
      line.append(' ').append(quoted(word));
    }
    return line.toString();
  }

  /** For a unit file: percent signs and dollars mean something there. */
  private static String quoted(String word) {
    String text =
        word.replace("\\", "\\\\").replace("\"", "\\\"").replace("%", "%%").replace("$", "$$");
    return text.matches("[A-Za-z0-9_./:@+,=%-]+") ? text : "\"" + text + "\"";
  }
}
