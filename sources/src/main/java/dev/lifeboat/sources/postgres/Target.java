package dev.lifeboat.sources.postgres;

import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.SourceException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where to restore to, as a URI says it: {@code postgres://user@host:port/database} or {@code
 * postgres://user@/database?host=/socket/directory&port=5433}.
 *
 * @param database the database that is named, empty if none is
 */
record Target(Endpoint endpoint, String database) {
  static Target parse(URI uri, Optional<Secret> password) throws SourceException.Refused {
    Map<String, String> parameters = new HashMap<>();
    String query = uri.getRawQuery() == null ? "" : uri.getRawQuery();
    for (String pair : query.split("&", -1)) {
      if (!pair.isEmpty()) {
        int equals = pair.indexOf('=');
        if (equals < 0) {
          throw refuse(uri, "parameter '%s' has no value".formatted(pair));
        }
        parameters.put(pair.substring(0, equals), decode(pair.substring(equals + 1)));
      }
    }
    String authority = uri.getRawAuthority() == null ? "" : uri.getRawAuthority();
    int at = authority.lastIndexOf('@');
    String user = at < 0 ? "postgres" : decode(authority.substring(0, at));
    if (at >= 0 && authority.substring(0, at).contains(":")) {
      throw refuse(uri, "a password does not belong into it");
    }
    String server = authority.substring(at + 1);
    String host = server;
    String port = Integer.toString(PostgresSettings.DEFAULT_PORT);
    int colon = server.lastIndexOf(':');
    if (colon > server.lastIndexOf(']')) {
      host = server.substring(0, colon);
      port = server.substring(colon + 1);
    }
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    host = decode(host);
    if (parameters.containsKey("host")) {
      host = parameters.remove("host");
    }
    if (parameters.containsKey("port")) {
      port = parameters.remove("port");
    }
    if (parameters.containsKey("user")) {
      user = parameters.remove("user");
    }
    Optional<Path> root = Optional.ofNullable(parameters.remove("sslrootcert")).map(Path::of);
    try {
      Optional<SslMode> sslMode =
          Optional.ofNullable(parameters.remove("sslmode")).map(SslMode::parse);
      if (!parameters.isEmpty()) {
        throw refuse(
            uri,
            "%s: known are host, port, user, sslmode and sslrootcert"
                .formatted(String.join(", ", parameters.keySet())));
      }
      Endpoint endpoint =
          new Endpoint(
              host.isEmpty() ? "localhost" : host,
              Integer.parseInt(port),
              user,
              sslMode,
              root,
              password);
      String path = uri.getRawPath() == null ? "" : uri.getRawPath();
      return new Target(endpoint, decode(path.startsWith("/") ? path.substring(1) : path));
    } catch (IllegalArgumentException e) {
      throw refuse(uri, String.valueOf(e.getMessage()));
    }
  }

  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  private static SourceException.Refused refuse(URI uri, String why) {
    String shown = uri.toString().replaceFirst("//([^:@/]*):[^@/]*@", "//$1:…@");
    return new SourceException.Refused("target %s: %s".formatted(shown, why));
  }
}
