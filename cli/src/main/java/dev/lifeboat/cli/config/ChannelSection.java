package dev.lifeboat.cli.config;

import dev.lifeboat.schedules.alert.channel.Address;
import dev.lifeboat.schedules.alert.channel.EmailChannel;
import dev.lifeboat.schedules.alert.channel.SyslogChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** One way to people. */
public record ChannelSection(
    Place at,
    @Doc("What you call it.") String name,
    @Doc(value = "Mail, by SMTP.", choice = "kind") Optional<Email> email,
    @Doc(value = "An incoming webhook of Slack, Mattermost or the like.", choice = "kind")
        Optional<SecretAddress> slack,
    @Doc(value = "PagerDuty, by its Events API v2.", choice = "kind") Optional<PagerDuty> pagerduty,
    @Doc(value = "Opsgenie, by its Alert API.", choice = "kind") Optional<Opsgenie> opsgenie,
    @Doc(value = "A workflow or an incoming webhook of Microsoft Teams.", choice = "kind")
        Optional<SecretAddress> teams,
    @Doc(value = "An address of yours that takes JSON, signed.", choice = "kind")
        Optional<Webhook> webhook,
    @Doc(value = "Prometheus' Alertmanager, by its API v2.", choice = "kind")
        Optional<Alertmanager> alertmanager,
    @Doc(value = "A program that reads JSON from its standard input.", choice = "kind")
        Optional<Program> command,
    @Doc(value = "A system log, by RFC 5424.", choice = "kind") Optional<Syslog> syslog,
    @Doc(
            value =
                "Whether it may have messages of regions and sources, which can name objects, files and hosts.",
            fallback = "false")
        boolean details,
    @Doc(value = "How long connecting, and the answer, may take.", fallback = "10s")
        Duration timeout,
    @Doc(
            "File in PEM with the certificates of the authorities that are trusted, and no others; absent for those of the Java runtime.")
        Optional<Path> ca) {
  public ChannelSection {
    if (!name.matches("[a-z0-9][a-z0-9._-]{0,62}")) {
      throw new IllegalArgumentException(
          "name: '%s' is not of small letters, digits, dots, dashes and underscores"
              .formatted(name));
    }
    if (!timeout.isPositive() || timeout.compareTo(Duration.ofMinutes(5)) > 0) {
      throw new IllegalArgumentException("timeout: is more than nothing and at most 5m");
    }
  }

  /** Mail. */
  public record Email(
      Place at,
      @Doc("Server that mail is handed in to.") String host,
      @Doc(value = "Its port.", fallback = "587", atLeast = 1) int port,
      @Doc(
              value =
                  "How the connection is encrypted: starttls, implicit, or none for a server on this machine.",
              fallback = "starttls")
          EmailChannel.Encryption tls,
      @Doc("Who hands it in; absent for a server that wants nobody.") Optional<String> user,
      @Doc("The user's password.") Optional<SecretSource> password,
      @Doc("Sender, for example backups@example.com.") String from,
      @Doc(value = "Recipients.", notEmpty = true) List<String> to) {
    public Email {
      to = List.copyOf(to);
      if (user.isPresent() != password.isPresent()) {
        throw new IllegalArgumentException("user and password go together");
      }
      if (!to.isEmpty()) {
        // Say what they do not take.
        EmailChannel.Envelope _ = new EmailChannel.Envelope(from, to);
      }
      EmailChannel.Server _ = new EmailChannel.Server(host, port, tls, Optional.empty());
    }
  }

  /** A service whose address is the secret. */
  public record SecretAddress(
      Place at, @Doc("The address, https; whoever has it can write there.") SecretSource url) {}

  /** PagerDuty. */
  public record PagerDuty(
      Place at,
      @Doc("Integration key of the service.") SecretSource routingKey,
      @Doc(value = "Where events go.", fallback = "https://events.pagerduty.com/v2/enqueue")
          String url) {
    public PagerDuty {
      check(url);
    }
  }

  /** Opsgenie. */
  public record Opsgenie(
      Place at,
      @Doc("Key of an API integration.") SecretSource apiKey,
      @Doc(
              value = "Address of the service; in Europe https://api.eu.opsgenie.com.",
              fallback = "https://api.opsgenie.com")
          String url) {
    public Opsgenie {
      check(url);
    }
  }

  /** A webhook. */
  public record Webhook(
      Place at,
      @Doc("The address, https.") String url,
      @Doc("Key of the signature; without one nothing is signed.") Optional<SecretSource> secret) {
    public Webhook {
      check(url);
    }
  }

  /** Alertmanager. */
  public record Alertmanager(
      Place at,
      @Doc("Its address without /api/v2/alerts, https unless it is this machine's.") String url,
      @Doc("Bearer token for what stands before it.") Optional<SecretSource> token) {
    public Alertmanager {
      check(url);
    }
  }

  /** A program. */
  public record Program(
      Place at,
      @Doc(value = "The program and its arguments; no shell reads them.", notEmpty = true)
          List<String> run) {
    public Program {
      run = List.copyOf(run);
    }
  }

  /** A system log. */
  public record Syslog(
      Place at,
      @Doc("A socket of this machine; /dev/log unless there is a host.") Optional<Path> socket,
      @Doc("A machine that listens.") Optional<String> host,
      @Doc("Its port; 514 when absent, 6514 for tls.") Optional<Integer> port,
      @Doc(value = "How it gets there: tls, or udp and tcp to this machine.", fallback = "tls")
          SyslogChannel.Transport protocol,
      @Doc(value = "Facility, as a number from 0 to 23; 3 is that of daemons.", fallback = "3")
          int facility) {
    public Syslog {
      if (socket.isPresent() && host.isPresent()) {
        throw new IllegalArgumentException("has socket and host; write only one of them");
      }
      if (host.isEmpty() && port.isPresent()) {
        throw new IllegalArgumentException("port goes with host");
      }
      if (facility > 23) {
        throw new IllegalArgumentException("facility: is 0 to 23");
      }
      // Says what it does not take.
      SyslogChannel.Receiver _ = receiver(socket, host, port, protocol);
    }

    /** Where it goes. */
    public SyslogChannel.Receiver receiver() {
      return receiver(socket, host, port, protocol);
    }

    private static SyslogChannel.Receiver receiver(
        Optional<Path> socket,
        Optional<String> host,
        Optional<Integer> port,
        SyslogChannel.Transport protocol) {
      return host.<SyslogChannel.Receiver>map(name ->
              new SyslogChannel.Receiver.Remote(
                  name,
                  port.orElse(protocol == SyslogChannel.Transport.TLS ? 6514 : 514),
                  protocol))
          .orElseGet(() -> new SyslogChannel.Receiver.Local(socket.orElse(Path.of("/dev/log"))));
    }
  }

  private static void check(String url) {
    try {
      var _ = Address.of(url);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("url: " + e.getMessage(), e);
    }
  }
}
