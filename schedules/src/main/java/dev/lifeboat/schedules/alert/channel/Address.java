package dev.lifeboat.schedules.alert.channel;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Where a channel may send: encrypted, or not beyond this machine. */
public final class Address {
  private static final Set<String> LOCAL = Set.of("localhost", "[::1]", "::1");

  private Address() {}

  /**
   * An address for HTTP.
   *
   * @throws IllegalArgumentException if it is none, or not encrypted and not of this machine; the
   *     message does not show it, because it may be a secret
   */
  public static URI of(String text) {
    URI address;
    try {
      address = URI.create(text.strip());
    } catch (IllegalArgumentException _) {
      // The cause would show it.
      throw new IllegalArgumentException("is no address: write https://HOST/PATH");
    }
    String scheme = String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT);
    String host = address.getHost();
    if (host == null || !(scheme.equals("https") || scheme.equals("http"))) {
      throw new IllegalArgumentException("is no address: write https://HOST/PATH");
    }
    if (scheme.equals("http") && !isThisMachine(host)) {
      throw new IllegalArgumentException(
          "http to %s can be read and changed by the network: write https".formatted(host));
    }
    if (address.getRawUserInfo() != null || address.getRawFragment() != null) {
      throw new IllegalArgumentException("an address has no user and no #fragment");
    }
    return address;
  }

  /** A path of a service, whose address may end with slashes. */
  static URI below(URI service, String path) {
    return URI.create(service.toString().replaceAll("/+$", "") + path);
  }

  /** What of an address must not be shown if the address is a secret: it, and its parts. */
  public static List<String> secrets(URI address) {
    List<String> secrets = new ArrayList<>();
    secrets.add(address.toString());
    for (String part : (address.getRawPath() + "/" + address.getRawQuery()).split("[/&=]", -1)) {
      // What is shorter guards nothing, and may be a word.
      if (part.length() >= 8) {
        secrets.add(part);
      }
    }
    return secrets;
  }

  /** Whether what is sent there does not leave this machine. */
  public static boolean isThisMachine(String host) {
    return LOCAL.contains(host.toLowerCase(Locale.ROOT)) || host.matches("127(\\.[0-9]{1,3}){3}");
  }
}
