package dev.lifeboat.schedules.alert.channel;

import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.Delivery;
import dev.lifeboat.schedules.alert.Notice;
import dev.lifeboat.schedules.alert.Wording;
import dev.lifeboat.schedules.watch.Concern.Severity;
import dev.lifeboat.sources.Secret;
import dev.lifeboat.verify.evidence.Html;
import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeBodyPart;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Supplier;

/**
 * Sends mail by SMTP, as text and as HTML. Mails about one trouble refer to the first of them, so
 * that mail programs show them together.
 */
public final class EmailChannel implements Channel {
  private static final int MOST_SUBJECT = 200;

  private final ChannelSettings settings;
  private final Server server;
  private final Trust trust;
  private final Duration timeout;
  private final Envelope envelope;

  /** How a connection is encrypted. */
  public enum Encryption {
    /** It begins in the clear and must change to TLS before anything is said. */
    STARTTLS,
    /** TLS from the beginning. */
    IMPLICIT,
    /** Not at all: to this machine only. */
    NONE
  }

  /**
   * Where mail is handed in.
   *
   * @param login empty for a server that wants none
   */
  public record Server(String host, int port, Encryption encryption, Optional<Login> login) {
    public Server {
      if (port < 1 || port > 65_535) {
        throw new IllegalArgumentException("port: is 1 to 65535");
      }
      if (encryption == Encryption.NONE && !Address.isThisMachine(host)) {
        throw new IllegalArgumentException(
            "tls: without it mail to %s can be read and changed by the network; write starttls or implicit"
                .formatted(host));
      }
    }
  }

  /** Who hands it in. */
  public record Login(String user, Supplier<Secret> password) {}

  /**
   * Who writes to whom.
   *
   * @param to at least one
   */
  public record Envelope(String from, List<String> to) {
    public Envelope {
      to = List.copyOf(to);
      if (to.isEmpty()) {
        throw new IllegalArgumentException("to: mail to nobody reaches nobody");
      }
      address(from);
      to.forEach(EmailChannel::address);
    }
  }

  public EmailChannel(
      ChannelSettings settings, Server server, Trust trust, Duration timeout, Envelope envelope) {
    this.settings = settings;
    this.server = server;
    this.trust = trust;
    this.timeout = timeout;
    this.envelope = envelope;
  }

  private static InternetAddress address(String text) {
    try {
      InternetAddress address = new InternetAddress(text, true);
      address.validate();
      return address;
    } catch (MessagingException e) {
      throw new IllegalArgumentException("'%s' is no mail address".formatted(text), e);
    }
  }

  @Override
  public boolean groups() {
    return true;
  }

  @Override
  public boolean keepsState() {
    return false;
  }

  @Override
  public Delivery send(List<Notice> notices, Instant now) throws InterruptedException {
    Session session = Session.getInstance(properties());
    try (Transport transport = session.getTransport("smtp")) {
      MimeMessage message = message(session, notices, now);
      if (server.login().isEmpty()) {
        transport.connect(server.host(), server.port(), null, null);
      } else {
        Login login = server.login().get();
        try (Secret password = login.password().get()) {
          transport.connect(server.host(), server.port(), login.user(), password.exposeSecret());
        }
      }
      transport.sendMessage(message, message.getAllRecipients());
      return new Delivery.Taken();
    } catch (AuthenticationFailedException e) {
      return new Delivery.Refused(
          "%s does not take the user or the password".formatted(server.host()));
    } catch (SendFailedException e) {
      return failed(e);
    } catch (MessagingException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException("mail");
      }
      return new Delivery.Unreachable(why(e), Optional.empty());
    }
  }

  /** Five hundred and more is for ever, four hundred and more for now (RFC 5321, 4.2.1). */
  private Delivery failed(SendFailedException e) {
    String why = why(e);
    return why.matches("(?s).*\\b5[0-9][0-9]\\b.*")
        ? new Delivery.Refused(why)
        : new Delivery.Unreachable(why, Optional.empty());
  }

  private String why(MessagingException e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    Exception next = e.getNextException();
    String text =
        next != null && next.getMessage() != null
            ? next.getMessage()
            : cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    return "%s: %s".formatted(server.host(), HttpSender.show(text, List.of()));
  }

  private Properties properties() {
    Properties properties = new Properties();
    String millis = Long.toString(timeout.toMillis());
    properties.setProperty("mail.smtp.connectiontimeout", millis);
    properties.setProperty("mail.smtp.timeout", millis);
    properties.setProperty("mail.smtp.writetimeout", millis);
    properties.setProperty("mail.smtp.auth", Boolean.toString(server.login().isPresent()));
    // What it calls itself must not depend on a name service that may be down as well.
    properties.setProperty("mail.smtp.localhost", "lifeboat");
    switch (server.encryption()) {
      case STARTTLS -> {
        properties.setProperty("mail.smtp.starttls.enable", "true");
        properties.setProperty("mail.smtp.starttls.required", "true");
      }
      case IMPLICIT -> properties.setProperty("mail.smtp.ssl.enable", "true");
      case NONE -> {}
    }
    if (server.encryption() != Encryption.NONE) {
      properties.setProperty("mail.smtp.ssl.protocols", String.join(" ", Trust.PROTOCOLS));
      properties.setProperty("mail.smtp.ssl.checkserveridentity", "true");
      properties.put("mail.smtp.ssl.socketFactory", trust.context().getSocketFactory());
    }
    return properties;
  }

  /** With a Message-ID that is the same each time it is sent. */
  private static final class Mail extends MimeMessage {
    private final String id;

    private Mail(Session session, String id) {
      super(session);
      this.id = id;
    }

    @Override
    protected void updateMessageID() throws MessagingException {
      setHeader("Message-ID", id);
    }
  }

  // Jakarta Mail's interface is older than java.time.
  @SuppressWarnings("JavaUtilDate")
  private MimeMessage message(Session session, List<Notice> notices, Instant now)
      throws MessagingException {
    Notice first = notices.getFirst();
    String domain = envelope.from().replaceAll(".*@", "").replaceAll("[^A-Za-z0-9.-]", "");
    MimeMessage message =
        new Mail(session, "<%s.%d@%s>".formatted(first.id(), notices.size(), domain));
    message.setFrom(address(envelope.from()));
    for (String to : envelope.to()) {
      message.addRecipient(Message.RecipientType.TO, address(to));
    }
    message.setSubject(
        Wording.cut(
            Wording.oneLine("%s [%s]".formatted(Wording.title(notices), settings.from())),
            MOST_SUBJECT),
        "UTF-8");
    message.setSentDate(Date.from(now));
    // No holiday replies (RFC 3834).
    message.setHeader("Auto-Submitted", "auto-generated");
    message.setHeader("References", "<%s@%s>".formatted(Keys.hash(first.alert().key()), domain));
    message.setHeader("X-Lifeboat-Key", Keys.fit(first.alert().key(), 250));
    MimeBodyPart text = new MimeBodyPart();
    text.setText(text(notices, now), "UTF-8");
    MimeBodyPart html = new MimeBodyPart();
    html.setText(html(notices, now), "UTF-8", "html");
    // The last is what a mail program shows if it can.
    message.setContent(new MimeMultipart("alternative", text, html));
    message.saveChanges();
    return message;
  }

  private String text(List<Notice> notices, Instant now) {
    StringBuilder out = new StringBuilder();
    for (Notice notice : notices) {
      out.append("[%s] %s\n".formatted(Wording.mark(notice), Wording.headline(notice)));
      Wording.facts(notice, now, settings.details())
          .forEach(fact -> out.append("  ").append(fact).append('\n'));
      out.append('\n');
    }
    return out.append("-- \nLifeboat, ").append(settings.from()).append('\n').toString();
  }

  private String html(List<Notice> notices, Instant now) {
    StringBuilder out = new StringBuilder("<!DOCTYPE html><html><body>\n");
    for (Notice notice : notices) {
      String color =
          !notice.event().isFiring()
              ? "#1a7f37"
              : notice.alert().severity() == Severity.CRITICAL ? "#b42318" : "#b54708";
      out.append(
          "<h3 style=\"color:%s\">[%s] %s</h3>\n<table>\n"
              .formatted(
                  color, Html.escape(Wording.mark(notice)), Html.escape(Wording.headline(notice))));
      for (Wording.Fact fact : Wording.facts(notice, now, settings.details())) {
        boolean command = fact.name().equals("run");
        out.append(
            "<tr><td style=\"padding-right:1em\">%s</td><td>%s%s%s</td></tr>\n"
                .formatted(
                    Html.escape(fact.name()),
                    command ? "<code>" : "",
                    Html.escape(fact.value()),
                    command ? "</code>" : ""));
      }
      out.append("</table>\n");
    }
    return out.append(
            "<p>Lifeboat, %s</p>\n</body></html>\n".formatted(Html.escape(settings.from())))
        .toString();
  }
}
