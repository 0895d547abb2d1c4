package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Source;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.Captured;

/** Captures a directory tree. */
public final class DirectorySource implements Source {
  public static final String KIND = "directory";

  private final DirectorySettings settings;

  public DirectorySource(DirectorySettings settings) {
    this.settings = settings;
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public Captured capture(CaptureContext context) throws SourceException, InterruptedException {
    throw new UnsupportedOperationException(settings.root().toString());
  }
}
