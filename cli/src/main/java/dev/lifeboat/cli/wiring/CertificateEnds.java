package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.config.Configuration;
import dev.lifeboat.cli.config.HttpSection;
import dev.lifeboat.cli.config.RegionSection;
import dev.lifeboat.cli.config.S3Section;
import dev.lifeboat.schedules.alert.channel.Trust;
import dev.lifeboat.schedules.http.Certificates;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import javax.net.ssl.SSLSocket;

/**
 * Until when certificates are valid that a night, or whoever looks at it, depends on: of regions in
 * buckets with an endpoint of their own, and of this service. One that cannot be had is left out: a
 * region that does not answer is told of as such.
 */
final class CertificateEnds {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int HTTPS = 443;

  private final Configuration configuration;

  CertificateEnds(Configuration configuration) {
    this.configuration = configuration;
  }

  /** Whose, in words, to the end of the first of its chain that ends. */
  SortedMap<String, Instant> ends() {
    SortedMap<String, Instant> ends = new TreeMap<>();
    for (RegionSection region : configuration.vault().regions()) {
      region
          .s3()
          .flatMap(CertificateEnds::served)
          .ifPresent(end -> ends.put("region " + region.name(), end));
    }
    configuration
        .http()
        .flatMap(HttpSection::tls)
        .flatMap(tls -> inFile(tls.certificate()))
        .ifPresent(end -> ends.put("http of the service", end));
    return ends;
  }

  private static Optional<Instant> served(S3Section s3) {
    return s3.address()
        .filter(address -> "https".equals(address.getScheme()))
        .flatMap(address -> served(address, new Trust(s3.tls().flatMap(S3Section.Tls::ca))));
  }

  /** Of the chain that a server shows to somebody who trusts it. */
  static Optional<Instant> served(URI address, Trust trust) {
    try (SSLSocket socket = (SSLSocket) trust.context().getSocketFactory().createSocket()) {
      socket.setSoTimeout((int) PATIENCE.toMillis());
      socket.connect(
          new InetSocketAddress(
              address.getHost(), address.getPort() < 0 ? HTTPS : address.getPort()),
          (int) PATIENCE.toMillis());
      socket.startHandshake();
      return first(Arrays.asList(socket.getSession().getPeerCertificates()));
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Optional<Instant> inFile(Path file) {
    try {
      return first(Certificates.chain(file));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  // What the library has is older than java.time.
  @SuppressWarnings("JavaUtilDate")
  private static Optional<Instant> first(Collection<? extends Certificate> chain) {
    return chain.stream()
        .filter(X509Certificate.class::isInstance)
        .map(certificate -> ((X509Certificate) certificate).getNotAfter().toInstant())
        .min(Comparator.naturalOrder());
  }
}
