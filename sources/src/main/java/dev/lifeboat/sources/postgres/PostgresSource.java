package dev.lifeboat.sources.postgres;

import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.Source;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.Captured;
import java.util.Optional;

/** Captures the databases of a PostgreSQL server. */
public final class PostgresSource implements Source {
  public static final String KIND = "postgres";

  private final PostgresSettings settings;
  private final Optional<Secret> password;

  /** Borrows the password: the caller closes it when the source is done with. */
  public PostgresSource(PostgresSettings settings, Optional<Secret> password) {
    this.settings = settings;
    this.password = password;
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Captured capture(CaptureContext context) throws SourceException, InterruptedException {
    throw new UnsupportedOperationException(settings.host() + password);
  }
}
