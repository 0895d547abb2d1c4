package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.Environment;
import dev.lifeboat.cli.config.AlertsSection;
import dev.lifeboat.cli.config.ChannelSection;
import dev.lifeboat.cli.config.SecretSource;
import dev.lifeboat.schedules.alert.Alerts;
import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.channel.Address;
import dev.lifeboat.schedules.alert.channel.AlertmanagerChannel;
import dev.lifeboat.schedules.alert.channel.ChannelSettings;
import dev.lifeboat.schedules.alert.channel.CommandChannel;
import dev.lifeboat.schedules.alert.channel.EmailChannel;
import dev.lifeboat.schedules.alert.channel.HttpSender;
import dev.lifeboat.schedules.alert.channel.OpsgenieChannel;
import dev.lifeboat.schedules.alert.channel.PagerDutyChannel;
import dev.lifeboat.schedules.alert.channel.SlackChannel;
import dev.lifeboat.schedules.alert.channel.SyslogChannel;
import dev.lifeboat.schedules.alert.channel.TeamsChannel;
import dev.lifeboat.schedules.alert.channel.Trust;
import dev.lifeboat.schedules.alert.channel.WebhookChannel;
import dev.lifeboat.sources.Secret;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Makes the alerts of a configuration. Secrets are fetched when they are used, each time. */
public final class Alerting {
  private static final long SECRET_SECONDS = 20;

  private final AlertsSection section;
  private final Environment environment;
  private final Secrets secrets;

  private Alerting(AlertsSection section, Environment environment) {
    this.section = section;
    this.environment = environment;
    this.secrets = new Secrets(environment.variables(), SECRET_SECONDS);
  }

  /**
   * The alerts of a home.
   *
   * @param shared opens the store, if several hosts share their alerts; stays the caller's
   * @param warn gets what somebody has to read who sees what this program prints
   */
  public static Alerts of(
      AlertsSection section,
      Environment environment,
      Path home,
      Optional<SharedStores> shared,
      Consumer<String> warn) {
    Alerting alerting = new Alerting(section, environment);
    Map<String, Channel> channels = new LinkedHashMap<>();
    for (ChannelSection channel : section.channels()) {
      channels.put(channel.name(), alerting.channel(channel));
    }
    Path state = home.resolve("state");
    return shared
        .map(stores ->
            new Alerts(
                stores::getOrElse, state, section.rules(), channels, environment.clock(), warn))
        .orElseGet(() -> new Alerts(state, section.rules(), channels, environment.clock(), warn));
  }

  private Channel channel(ChannelSection channel) {
    ChannelSettings settings = new ChannelSettings(section.name(), channel.details());
    Trust trust = new Trust(channel.ca());
    HttpSender sender = new HttpSender(trust, channel.timeout());
    return Stream.<Optional<Channel>>of(
            channel.email().map(email -> email(channel, email, settings, trust)),
            channel
                .slack()
                .map(slack -> new SlackChannel(settings, sender, secret(channel, slack.url()))),
            channel
                .teams()
                .map(teams -> new TeamsChannel(settings, sender, secret(channel, teams.url()))),
            channel
                .pagerduty()
                .map(pager ->
                    new PagerDutyChannel(
                        settings,
                        sender,
                        Address.of(pager.url()),
                        secret(channel, pager.routingKey()))),
            channel
                .opsgenie()
                .map(genie ->
                    new OpsgenieChannel(
                        settings,
                        sender,
                        Address.of(genie.url()),
                        secret(channel, genie.apiKey()))),
            channel
                .webhook()
                .map(hook ->
                    new WebhookChannel(
                        settings,
                        sender,
                        Address.of(hook.url()),
                        hook.secret().map(source -> secret(channel, source)))),
            channel
                .alertmanager()
                .map(manager ->
                    new AlertmanagerChannel(
                        settings,
                        sender,
                        Address.of(manager.url()),
                        manager.token().map(source -> secret(channel, source)))),
            channel
                .command()
                .map(program ->
                    new CommandChannel(
                        settings, program.run(), environment.variables(), channel.timeout())),
            channel
                .syslog()
                .map(log ->
                    new SyslogChannel(
                        settings, log.receiver(), log.facility(), trust, channel.timeout())))
        .flatMap(Optional::stream)
        .findFirst()
        .orElseThrow();
  }

  private Channel email(
      ChannelSection channel, ChannelSection.Email email, ChannelSettings settings, Trust trust) {
    return new EmailChannel(
        settings,
        new EmailChannel.Server(
            email.host(),
            email.port(),
            email.tls(),
            email
                .user()
                .map(user ->
                    new EmailChannel.Login(user, secret(channel, email.password().orElseThrow())))),
        trust,
        channel.timeout(),
        new EmailChannel.Envelope(email.from(), email.to()));
  }

  private Supplier<Secret> secret(ChannelSection channel, SecretSource source) {
    return () -> secrets.fetch(source, "secret of alert channel " + channel.name());
  }
}
