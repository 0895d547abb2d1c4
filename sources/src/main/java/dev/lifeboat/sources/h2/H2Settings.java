package dev.lifeboat.sources.h2;

/**
 * Which H2 database is captured.
 *
 * @param url as the JDBC driver takes it, for example {@code jdbc:h2:file:/var/lib/shop/shop};
 *     neither user nor password in it
 * @param user a user with administrator rights, which {@code SCRIPT} needs
 */
public record H2Settings(String url, String user) {
  public H2Settings {
    if (!url.startsWith("jdbc:h2:")) {
      throw new IllegalArgumentException("h2: the url begins with jdbc:h2:, unlike " + url);
    }
    String upper = url.toUpperCase(java.util.Locale.ROOT);
    if (upper.contains(";PASSWORD=") || upper.contains(";USER=")) {
      throw new IllegalArgumentException("h2: user and password do not belong into the url");
    }
  }
}
