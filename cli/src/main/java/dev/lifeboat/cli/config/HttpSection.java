package dev.lifeboat.cli.config;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** What the service shows over HTTP. */
public record HttpSection(
    Place at,
    @Doc(
            value = "IP address to listen on; one that can be reached from elsewhere needs tls.",
            fallback = "127.0.0.1")
        String address,
    @Doc(value = "Port to listen on; 0 takes any that is free.", fallback = "9487") int port,
    @Doc("Certificate and key; TLS 1.3 alone is spoken.") Optional<Tls> tls,
    @Doc(
            value = "Where the bearer token comes from that opens everything but health.",
            choice = "authentication")
        Optional<SecretSource> token,
    @Doc(value = "User and password that open everything but health.", choice = "authentication")
        Optional<Basic> basic,
    @Doc(value = "How often the vault is looked at for metrics and status.", fallback = "15m")
        Duration refresh) {
  private static final int MOST = 65_535;

  public HttpSection {
    InetAddress where = parse(address);
    if (!where.isLoopbackAddress() && tls.isEmpty()) {
      throw new IllegalArgumentException(
          "address: %s can be reached from elsewhere: give it tls: {certificate: FILE, key: FILE}, or listen on 127.0.0.1"
              .formatted(address));
    }
    if (port > MOST) {
      throw new IllegalArgumentException("port: %d is none; at most %d".formatted(port, MOST));
    }
    if (refresh.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException("refresh: less than a second is too often");
    }
  }

  /** The address, which is one: names are not looked up. */
  public InetAddress where() {
    return parse(address);
  }

  private static InetAddress parse(String address) {
    try {
      return address.equals("localhost")
          ? InetAddress.getLoopbackAddress()
          : InetAddress.ofLiteral(address);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "address: '%s' is no IP address; write for example 127.0.0.1 or \"::1\""
              .formatted(address),
          e);
    }
  }

  /** A server's certificate. */
  public record Tls(
      Place at,
      @Doc("PEM file: the server's certificate, then those that vouch for it.") Path certificate,
      @Doc("PEM file: its private key, PKCS #8, not encrypted.") Path key) {}

  /** A name and a password. */
  public record Basic(
      Place at,
      @Doc("Name.") String user,
      @Doc("Where the password comes from.") SecretSource password) {
    public Basic {
      if (user.isEmpty() || user.indexOf(':') >= 0) {
        throw new IllegalArgumentException("user: must have a name without ':'");
      }
    }
  }
}
