package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.AlertsSection;
import dev.lifeboat.cli.config.ChannelSection;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.cli.wiring.Alerting;
import dev.lifeboat.cli.wiring.Workspace;
import dev.lifeboat.schedules.alert.Alert;
import dev.lifeboat.schedules.alert.AlertFields;
import dev.lifeboat.schedules.alert.AlertQueue;
import dev.lifeboat.schedules.alert.AlertState;
import dev.lifeboat.schedules.alert.Alerts;
import dev.lifeboat.schedules.alert.Delivery;
import dev.lifeboat.schedules.watch.Concern.Severity;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code lifeboat alerts …}. */
@CommandLine.Command(
    name = "alerts",
    description = {
      "Show, acknowledge and deliver the alerts of this home, and test the channels of the",
      "configuration."
    },
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      AlertsCommand.Show.class,
      AlertsCommand.Acknowledge.class,
      AlertsCommand.Test.class,
      AlertsCommand.Deliver.class
    })
public final class AlertsCommand extends Group {

  /** What the commands have in common. */
  abstract static class OfAlerts extends Command {
    OfAlerts(Invocation invocation) {
      super(invocation);
    }

    @Override
    final ExitCode execute() throws Exception {
      try (Workspace workspace = Workspace.open(invocation())) {
        AlertsSection section =
            workspace
                .configuration()
                .alerts()
                .orElseThrow(() ->
                    new CliException(
                        ExitCode.USAGE,
                        "%s has no alerts: write, for example, alerts: {channels: [{name: mail, email: {host: smtp.example.com, from: backups@example.com, to: [operations@example.com]}}]}"
                            .formatted(invocation().configFile())));
        return execute(section, alerts(workspace, section));
      }
    }

    private Alerts alerts(Workspace workspace, AlertsSection section) throws IOException {
      return Alerting.of(
          section,
          invocation().environment(),
          workspace.home(),
          workspace.sharedStores(),
          invocation().environment()::warn);
    }

    abstract ExitCode execute(AlertsSection section, Alerts alerts) throws Exception;

    final Instant now() {
      return invocation().environment().clock().instant();
    }

    /** Tells what was sent and what was not. */
    final ExitCode deliver(Alerts alerts, Duration bound) throws InterruptedException {
      Alerts.Delivered done = alerts.deliver(bound, true);
      AlertQueue.Waiting waiting = alerts.queue().waiting();
      if (json()) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("sent", done.sent());
        fields.put("waiting", waiting.messages());
        fields.put("oldest", waiting.oldest());
        fields.put("failed", done.failed());
        fields.put("busy", done.busy());
        printJson(fields);
      } else {
        done.failed()
            .forEach((channel, why) -> print("NOT SENT by %s: %s".formatted(channel, why)));
        print(
            "%d messages sent, %d wait%s"
                .formatted(
                    done.sent(),
                    waiting.messages(),
                    done.busy() ? "; another process was sending all the time" : ""));
      }
      return done.failed().isEmpty() && !done.busy() ? ExitCode.DONE : ExitCode.UNREACHABLE;
    }
  }

  /** {@code lifeboat alerts list}. */
  @CommandLine.Command(
      name = "list",
      description = {
        "List the alerts that are open, the worst first, who acknowledged them, and the messages about",
        "them that wait or could not be sent."
      })
  static final class Show extends OfAlerts {
    @CommandLine.Option(
        names = "--all",
        description = "Also those that are over, as long as they are remembered, and all messages.")
    private boolean all;

    Show(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute(AlertsSection section, Alerts alerts) {
      List<AlertState> states = alerts.queue().list(all);
      AlertQueue.Waiting waiting = alerts.queue().waiting();
      if (json()) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("at", now());
        fields.put("critical", waiting.critical());
        fields.put("warnings", waiting.warnings());
        fields.put("messagesWaiting", waiting.messages());
        fields.put("oldestWaiting", waiting.oldest());
        fields.put("messagesGivenUp", waiting.givenUp());
        fields.put("alerts", states.stream().map(state -> fields(state, now())).toList());
        printJson(fields);
        return ExitCode.DONE;
      }
      Table table = new Table("RAISED", "SEVERITY", "KEY", "STATE", "WHAT");
      for (AlertState state : states) {
        table.row(
            Units.time(state.raised()),
            state.alert().severity().text(),
            state.alert().key(),
            standing(state),
            state.alert().what());
      }
      print(table);
      for (AlertState state : states) {
        for (AlertState.Told told : state.messages()) {
          if (all || !told.outcome().equals("sent")) {
            print(message(state, told));
          }
        }
      }
      print(
          "%d alerts are open, %d of them critical; %d messages wait%s"
              .formatted(
                  waiting.critical() + waiting.warnings(),
                  waiting.critical(),
                  waiting.messages(),
                  waiting.givenUp() == 0 ? "" : ", %d were given up".formatted(waiting.givenUp())));
      return ExitCode.DONE;
    }

    private static String standing(AlertState state) {
      return state
          .resolved()
          .map(over -> "over since " + Units.time(over))
          .or(() ->
              state
                  .acknowledged()
                  .map(acked ->
                      acked.by().isBlank() ? "acknowledged" : "acknowledged by " + acked.by()))
          .orElse("open");
    }

    private static String message(AlertState state, AlertState.Told told) {
      return "%s: message by %s (%s, %s): %s%s"
          .formatted(
              state.alert().key(),
              told.channel(),
              told.event().text(),
              Units.time(told.created()),
              told.outcome().equals("waiting")
                  ? "waits until %s, tried %d times"
                      .formatted(Units.time(told.due()), told.attempts())
                  : told.outcome(),
              told.problem().map(problem -> ": " + problem).orElse(""));
    }

    private static Map<String, Object> fields(AlertState state, Instant now) {
      Map<String, Object> fields = new LinkedHashMap<>(AlertFields.alert(state.alert(), now, true));
      fields.put("raised", state.raised());
      fields.put("seen", state.seen());
      fields.put("acknowledged", state.acknowledged().map(AlertState.Acknowledgement::at));
      fields.put("acknowledgedBy", state.acknowledged().map(AlertState.Acknowledgement::by));
      fields.put("resolved", state.resolved());
      fields.put("messages", state.messages());
      return fields;
    }
  }

  /** {@code lifeboat alerts ack}. */
  @CommandLine.Command(
      name = "ack",
      description = {
        "Say that somebody sees to an alert: it is not repeated and not escalated any more, and who",
        "was told of it is told so. It opens again if it becomes worse. Exit 6 if there is no such alert."
      })
  static final class Acknowledge extends OfAlerts {
    @CommandLine.Parameters(paramLabel = "KEY", description = "Its key, as alerts list shows it.")
    private String key = "";

    @CommandLine.Option(
        names = "--by",
        paramLabel = "NAME",
        description = "Who sees to it; otherwise the user of this process.")
    private @Nullable String by;

    Acknowledge(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute(AlertsSection section, Alerts alerts) throws Exception {
      String who =
          Optional.ofNullable(by)
              .orElseGet(() -> invocation().environment().variables().getOrDefault("USER", ""));
      boolean known =
          dryRun()
              ? alerts.queue().isSeen(key, Instant.EPOCH)
              : alerts.queue().acknowledge(key, who, now());
      if (!known) {
        throw new CliException(
            ExitCode.NOT_FOUND,
            "there is no open alert '%s'; see: lifeboat alerts list".formatted(key));
      }
      if (json()) {
        printJson(Map.of("key", key, "acknowledged", !dryRun(), "by", who));
      } else {
        print("%s %s".formatted(key, dryRun() ? "would be acknowledged" : "is acknowledged"));
      }
      if (!dryRun()) {
        alerts.deliverAndSay(section.sendWithin());
      }
      return ExitCode.DONE;
    }
  }

  /** {@code lifeboat alerts test}. */
  @CommandLine.Command(
      name = "test",
      description = {
        "Send a message to every channel, or to one, past routes and quiet hours, and say whether it",
        "was taken. Exit 8 if one was not."
      })
  static final class Test extends OfAlerts {
    @CommandLine.Option(
        names = "--channel",
        paramLabel = "NAME",
        description = "This channel only; may be given again.")
    private List<String> channels = List.of();

    Test(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute(AlertsSection section, Alerts alerts) throws Exception {
      List<String> all = section.channels().stream().map(ChannelSection::name).toList();
      for (String name : channels) {
        if (!all.contains(name)) {
          throw new CliException(
              ExitCode.USAGE, "there is no channel %s; configured are %s".formatted(name, all));
        }
      }
      List<String> chosen = channels.isEmpty() ? all : channels;
      if (dryRun()) {
        print("would send a message by " + String.join(", ", chosen));
        return ExitCode.DONE;
      }
      SortedMap<String, Delivery> results = alerts.test(chosen, alert());
      Map<String, Object> fields = new LinkedHashMap<>();
      boolean well = true;
      for (Map.Entry<String, Delivery> each : results.entrySet()) {
        String why =
            switch (each.getValue()) {
              case Delivery.Taken _ -> "";
              case Delivery.Unreachable(String reason, _) -> reason;
              case Delivery.Refused(String reason) -> reason;
            };
        well &= why.isEmpty();
        fields.put(each.getKey(), why.isEmpty() ? "sent" : why);
        if (!json()) {
          print("%s: %s".formatted(each.getKey(), why.isEmpty() ? "sent" : "NOT SENT: " + why));
        }
      }
      if (json()) {
        printJson(fields);
      }
      return well ? ExitCode.DONE : ExitCode.UNREACHABLE;
    }

    private static Alert alert() {
      return new Alert(
          "test:lifeboat",
          "test",
          Severity.WARNING,
          "test",
          Optional.empty(),
          "this is a test, and nothing is wrong",
          "nothing",
          List.of(),
          Optional.of("lifeboat alerts list"),
          List.of("a channel with details shows this line"));
    }
  }

  /** {@code lifeboat alerts deliver}. */
  @CommandLine.Command(
      name = "deliver",
      description = {
        "Send now what waits, also what was tried in vain a moment ago; what is to be repeated or",
        "escalated by now is. Warnings wait for the end of quiet hours. Exit 8 if a channel takes no message.",
        "The service does this all the time; without it, run this from cron."
      })
  static final class Deliver extends OfAlerts {
    @CommandLine.Option(
        names = "--within",
        paramLabel = "TIME",
        description = "How long it may take; 5m unless given.")
    private String within = "5m";

    Deliver(Invocation invocation) {
      super(invocation);
    }

    @Override
    ExitCode execute(AlertsSection section, Alerts alerts) throws Exception {
      if (dryRun()) {
        print("%d messages wait".formatted(alerts.queue().waiting().messages()));
        return ExitCode.DONE;
      }
      return deliver(alerts, time("--within", within));
    }
  }
}
