package dev.lifeboat.sources.git;

import java.net.InetAddress;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a repository is fetched from. Carries no password: whoever writes one into a URL is told to
 * take it out, in a message that does not repeat it.
 *
 * @param transport how it is reached
 * @param text the URL in one normal form, safe to show and to log
 * @param host in lower case; empty for {@link Transport#FILE}
 * @param path as the server is asked for it
 */
public record GitUrl(Transport transport, String text, String host, String path) {
  /** How a repository is reached. */
  public enum Transport {
    SSH,
    HTTP,
    FILE
  }

  private static final Pattern WITH_SCHEME =
      Pattern.compile("(?<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?<authority>[^/]*)(?<path>/.*)?");
  private static final Pattern AUTHORITY =
      Pattern.compile("(?:(?<user>.*)@)?(?<host>\\[[^\\]]*\\]|[^:@]*)(?::(?<port>[0-9]{1,5}))?");
  private static final Pattern SCP =
      Pattern.compile("(?<user>[^@/:]+)@(?<host>[^:/@]+):(?<path>.+)");
  private static final Pattern SAFE = Pattern.compile("[^\\p{Cntrl}\\s]+");

  /**
   * Reads {@code https://}, {@code ssh://} and {@code file://} URLs and the {@code user@host:path}
   * form. {@code http://} is read for loopback addresses only, because a password would cross the
   * network in the open.
   *
   * @throws IllegalArgumentException if it is none of them or contains a password
   */
  public static GitUrl parse(String url) {
    if (!SAFE.matcher(url).matches()) {
      throw new IllegalArgumentException("a repository URL has no spaces or control characters");
    }
    Matcher withScheme = WITH_SCHEME.matcher(url);
    if (!withScheme.matches()) {
      return parseScp(url);
    }
    String scheme = withScheme.group("scheme").toLowerCase(Locale.ROOT);
    Matcher authority = AUTHORITY.matcher(withScheme.group("authority"));
    String path = orEmpty(withScheme.group("path"));
    if (!authority.matches()) {
      throw new IllegalArgumentException(
          "a repository URL that begins with %s:// is malformed".formatted(scheme));
    }
    String user = authority.group("user");
    String host = orEmpty(authority.group("host")).toLowerCase(Locale.ROOT);
    String port = authority.group("port") == null ? "" : ":" + authority.group("port");
    return switch (scheme) {
      case "https", "http" -> {
        if (user != null) {
          throw new IllegalArgumentException(
              "the URL of a repository on %s contains a user or password: take it out and configure 'username' and 'password'"
                  .formatted(host));
        }
        if (path.indexOf('?') >= 0 || path.indexOf('#') >= 0) {
          throw new IllegalArgumentException(
              "the URL of a repository on %s has a query: it is no part of a repository's name and may hold a token"
                  .formatted(host));
        }
        if (scheme.equals("http") && !isLoopback(host)) {
          throw new IllegalArgumentException(
              "http://%s%s is not encrypted: use https (http is for loopback addresses only)"
                  .formatted(host, path));
        }
        yield of(Transport.HTTP, scheme + "://" + host + port + path, host, path);
      }
      case "ssh" -> {
        if (user != null && user.indexOf(':') >= 0) {
          throw new IllegalArgumentException(
              "the URL of a repository on %s contains a password: ssh is used with a private key"
                  .formatted(host));
        }
        String login = user == null ? "" : user + "@";
        yield of(Transport.SSH, "ssh://" + login + host + port + path, host, path);
      }
      case "file" -> {
        if (!host.isEmpty() && !host.equals("localhost")) {
          throw new IllegalArgumentException(
              "file://%s%s names another machine: write file:///path".formatted(host, path));
        }
        yield of(Transport.FILE, "file://" + path, "", path);
      }
      default ->
          throw new IllegalArgumentException(
              "%s:// repositories cannot be backed up: use https, ssh or file".formatted(scheme));
    };
  }

  /** The repository in a directory of this machine. */
  static GitUrl local(Path directory) {
    String path = directory.toAbsolutePath().normalize().toString();
    return new GitUrl(Transport.FILE, "file://" + path, "", path);
  }

  private static GitUrl parseScp(String url) {
    Matcher scp = SCP.matcher(url);
    if (!scp.matches()) {
      throw new IllegalArgumentException(
          "not a repository URL: write https://host/path, ssh://user@host/path, user@host:path or file:///path");
    }
    String host = scp.group("host").toLowerCase(Locale.ROOT);
    return of(
        Transport.SSH,
        scp.group("user") + "@" + host + ":" + scp.group("path"),
        host,
        scp.group("path"));
  }

  private static GitUrl of(Transport transport, String text, String host, String path) {
    if (transport != Transport.FILE && host.isEmpty()) {
      throw new IllegalArgumentException("a repository URL lacks the host: " + text);
    }
    if (path.replace("/", "").isEmpty()) {
      throw new IllegalArgumentException("a repository URL lacks the path: " + text);
    }
    return new GitUrl(transport, text, host, path);
  }

  /** The last component of the path, without {@code .git}: what people call the repository. */
  public String lastSegment() {
    String trimmed = path.replaceFirst("/+$", "");
    trimmed = trimmed.replaceFirst("/\\.git$", "");
    String last = trimmed.substring(trimmed.lastIndexOf('/') + 1);
    return last.endsWith(".git") && last.length() > 4 ? last.substring(0, last.length() - 4) : last;
  }

  private static boolean isLoopback(String host) {
    if (host.equals("localhost")) {
      return true;
    }
    // Only literal addresses are looked at: a name could be resolved to something else next time.
    if (!host.matches("[0-9.]+|\\[[0-9a-f:.]+\\]")) {
      return false;
    }
    try {
      return InetAddress.ofLiteral(host.replace("[", "").replace("]", "")).isLoopbackAddress();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String orEmpty(@Nullable String text) {
    return text == null ? "" : text;
  }

  /** The URL. */
  @Override
  public String toString() {
    return text;
  }
}
