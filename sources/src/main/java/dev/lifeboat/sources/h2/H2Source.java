package dev.lifeboat.sources.h2;

import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.Source;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.Captured;
import java.util.Optional;

/** Captures an H2 database while it is in use. */
public final class H2Source implements Source {
  public static final String KIND = "h2";

  private final H2Settings settings;
  private final Optional<Secret> password;

  /** Borrows the password: the caller closes it when the source is done with. */
  public H2Source(H2Settings settings, Optional<Secret> password) {
    this.settings = settings;
    this.password = password;
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Captured capture(CaptureContext context) throws SourceException, InterruptedException {
    throw new UnsupportedOperationException(settings.url() + password);
  }
}
