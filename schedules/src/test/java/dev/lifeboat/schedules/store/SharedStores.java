package dev.lifeboat.schedules.store;

import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.postgres.PostgresDatabase;
import dev.lifeboat.sources.postgres.PostgresServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * Hosts, as far as the store can tell, that share one of their own, of which others know nothing.
 */
public final class SharedStores implements AutoCloseable {
  private static final Random RANDOM = new Random();

  private final PostgresServer server;
  private final Secret password;
  private final String scope;
  private final List<SharedStore> open = new ArrayList<>();

  public SharedStores(PostgresServer server) {
    this.server = server;
    this.password = server.password();
    byte[] name = new byte[8];
    RANDOM.nextBytes(name);
    this.scope = HexFormat.of().formatHex(name);
  }

  /** One more host; the same if it has this name already. */
  public SharedStore host(String name) {
    SharedStore store = SharedStore.open(settings(name));
    open.add(store);
    return store;
  }

  /** As it is opened. */
  public SharedStore.Settings settings(String name) {
    return new SharedStore.Settings(
        new PostgresDatabase(
            server.host(),
            server.port(),
            "postgres",
            PostgresServer.SUPERUSER,
            Optional.empty(),
            Optional.empty(),
            Optional.of(password)),
        scope,
        name,
        Duration.ofSeconds(2));
  }

  /** Its schema. */
  public String schema() {
    return settings("").schema();
  }

  @Override
  public void close() {
    open.forEach(SharedStore::close);
    password.close();
  }
}
