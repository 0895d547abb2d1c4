package dev.lifeboat.schedules.alert.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.schedules.alert.AlertEvent;
import dev.lifeboat.schedules.alert.Channel;
import dev.lifeboat.schedules.alert.Delivery;
import jakarta.mail.Session;
import jakarta.mail.internet.MimeMessage;
import jakarta.mail.internet.MimeMultipart;
import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.subethamail.smtp.RejectException;
import org.subethamail.smtp.auth.EasyAuthenticationHandlerFactory;
import org.subethamail.smtp.auth.LoginFailedException;
import org.subethamail.smtp.server.SMTPServer;

/** A mail server that wants TLS and a password. */
class EmailChannelTest extends ChannelContract {
  @TempDir private static Path directory;
  private static TestTls tls;
  private static TestTls other;

  private final List<byte[]> mails = new CopyOnWriteArrayList<>();
  private volatile int reject;
  private SMTPServer server = server(0, false);

  @BeforeAll
  static void makeCertificates() throws Exception {
    tls = new TestTls(directory, "localhost");
    other = new TestTls(directory, "elsewhere");
  }

  private SMTPServer server(int port, boolean implicit) {
    SMTPServer.Builder builder =
        SMTPServer.port(port)
            .bindAddress(InetAddress.getLoopbackAddress())
            .messageHandler((_, _, _, data) -> {
              if (reject != 0) {
                throw new RejectException(reject, "not now or never");
              }
              mails.add(data);
            })
            .authenticationHandlerFactory(
                new EasyAuthenticationHandlerFactory((user, password, _) -> {
                  if (!user.equals("backup") || !password.equals(Samples.SECRET)) {
                    throw new LoginFailedException();
                  }
                }))
            .requireAuth();
    SMTPServer made =
        implicit
            ? builder.serverSocketFactory(tls.server()).build()
            : builder.enableTLS().requireTLS().startTlsSocketFactory(tls.server()).build();
    made.start();
    return made;
  }

  @Override
  void open() {}

  @Override
  void close() {
    server.stop();
  }

  @Override
  void goDown() {
    server.stop();
  }

  @Override
  void comeBack() {
    server = server(server.getPortAllocated(), false);
  }

  @Override
  Channel channel(ChannelSettings settings) {
    return channel(settings, EmailChannel.Encryption.STARTTLS, tls.trust(), Samples.SECRET);
  }

  private Channel channel(
      ChannelSettings settings, EmailChannel.Encryption encryption, Trust trust, String password) {
    return new EmailChannel(
        settings,
        new EmailChannel.Server(
            "localhost",
            server.getPortAllocated(),
            encryption,
            Optional.of(new EmailChannel.Login("backup", Samples.secret(password)))),
        trust,
        TIMEOUT,
        new EmailChannel.Envelope(
            "Lifeboat <backups@example.com>", List.of("ops@example.com", "boss@example.com")));
  }

  @Override
  List<String> received() throws Exception {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < mails.size(); i++) {
      texts.add(part(message(i), 0));
    }
    return texts;
  }

  private MimeMessage message(int number) throws Exception {
    return new MimeMessage(
        Session.getInstance(new Properties()), new ByteArrayInputStream(mails.get(number)));
  }

  private static String part(MimeMessage message, int number) throws Exception {
    return ((MimeMultipart) message.getContent()).getBodyPart(number).getContent().toString();
  }

  @Test
  void mail_isTextAndHtml_andSaysWhoAndWhy() throws Exception {
    Delivery _ =
        channel(Samples.SETTINGS)
            .send(
                List.of(Samples.raised(), Samples.notice(Samples.drill(), AlertEvent.RAISED)),
                Samples.NOW);

    assertThat(mails).hasSize(1);
    MimeMessage mail = message(0);
    assertThat(mail.getAllRecipients())
        .extracting(Object::toString)
        .containsExactly("ops@example.com", "boss@example.com");
    assertThat(mail.getFrom()[0].toString()).isEqualTo("Lifeboat <backups@example.com>");
    assertThat(mail.getSubject())
        .isEqualTo(
            "[CRITICAL] acme/crm: its newest complete snapshot is 1 d 5 h old, with an RPO of 1 d 2 h (and 1 more) [acme production]");
    assertThat(mail.getHeader("Auto-Submitted")).containsExactly("auto-generated");
    assertThat(mail.getContentType()).startsWith("multipart/alternative");
    MimeMultipart parts = (MimeMultipart) mail.getContent();
    assertThat(parts.getCount()).isEqualTo(2);
    assertThat(parts.getBodyPart(0).getContentType().toLowerCase(Locale.ROOT))
        .isEqualTo("text/plain; charset=utf-8");
    assertThat(part(mail, 0).replace("\r\n", "\n"))
        .isEqualTo(
            """
            [CRITICAL] acme/crm: its newest complete snapshot is 1 d 5 h old, with an RPO of 1 d 2 h
              since: 2026-11-22T03:30:00Z (3 h 0 min ago)
              at risk: what was written since 2026-11-21T01:30:00Z
              dataset acme/crm: last good copy 2026-11-21T01:30:00Z, 1 d 5 h old; RPO 1 d 2 h, EXCEEDED
              run: lifeboat backup acme/crm
              kind: snapshot-late
              key: snapshot-late:acme/crm

            [WARNING] acme/<b>&files: no drill of it ever passed
              first seen: 2026-11-22T04:00:00Z (2 h 30 min ago)
              at risk: nobody knows whether it comes back
              run: lifeboat drill --dataset acme/files
              kind: drill-late
              key: drill-late:acme/<b>&files

            --\s
            Lifeboat, acme production
            """);
    assertThat(part(mail, 1))
        .contains("<code>lifeboat backup acme/crm</code>")
        .contains("acme/&lt;b&gt;&amp;files")
        .doesNotContain("acme/<b>");
  }

  @Test
  void mailsAboutOneTrouble_belongTogether_andTheSameMessageKeepsItsId() throws Exception {
    Channel channel = channel(Samples.SETTINGS);
    Delivery _ = channel.send(List.of(Samples.raised()), Samples.NOW);
    Delivery _ = channel.send(List.of(Samples.raised()), Samples.NOW);
    Delivery _ =
        channel.send(List.of(Samples.notice(Samples.late(), AlertEvent.RESOLVED)), Samples.NOW);
    assertThat(message(0).getMessageID()).isEqualTo(message(1).getMessageID());
    assertThat(message(0).getHeader("References")).isEqualTo(message(2).getHeader("References"));
    assertThat(message(2).getSubject()).startsWith("[RESOLVED] ");
  }

  @Test
  void implicitTls_isSpoken() throws Exception {
    server.stop();
    server = server(0, true);
    assertThat(
            channel(Samples.SETTINGS, EmailChannel.Encryption.IMPLICIT, tls.trust(), Samples.SECRET)
                .send(List.of(Samples.raised()), Samples.NOW))
        .isEqualTo(new Delivery.Taken());
  }

  @Test
  void serverWhoseCertificateIsNotTrusted_getsNothing() throws Exception {
    for (Trust trust : List.of(other.trust(), Trust.USUAL)) {
      assertThat(
              channel(Samples.SETTINGS, EmailChannel.Encryption.STARTTLS, trust, Samples.SECRET)
                  .send(List.of(Samples.raised()), Samples.NOW))
          .isInstanceOf(Delivery.Unreachable.class);
    }
    assertThat(mails).isEmpty();
  }

  @Test
  void wrongPassword_isRefused_andNotShown() throws Exception {
    assertThat(
            channel(
                    Samples.SETTINGS,
                    EmailChannel.Encryption.STARTTLS,
                    tls.trust(),
                    "wr0ng-" + Samples.SECRET)
                .send(List.of(Samples.raised()), Samples.NOW))
        .isInstanceOfSatisfying(
            Delivery.Refused.class,
            refused -> assertThat(refused.why()).doesNotContain(Samples.SECRET));
  }

  @Test
  void whatTheServerSays_decidesWhetherItIsTriedAgain() throws Exception {
    reject = 451;
    assertThat(channel(Samples.SETTINGS).send(List.of(Samples.raised()), Samples.NOW))
        .isInstanceOf(Delivery.Unreachable.class);
    reject = 554;
    assertThat(channel(Samples.SETTINGS).send(List.of(Samples.raised()), Samples.NOW))
        .isInstanceOf(Delivery.Refused.class);
  }

  @Test
  void unencryptedMailToOtherMachines_andAddressesThatAreNone_areRefused() {
    assertThatThrownBy(() ->
            new EmailChannel.Server(
                "mail.example.com", 25, EmailChannel.Encryption.NONE, Optional.empty()))
        .hasMessageContaining("starttls");
    assertThatThrownBy(() -> new EmailChannel.Envelope("me", List.of("ops@example.com")))
        .hasMessageContaining("'me'");
    assertThatThrownBy(
            () -> new EmailChannel.Envelope("a@example.com", List.of("x@y\r\nBcc: z@example.com")))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
