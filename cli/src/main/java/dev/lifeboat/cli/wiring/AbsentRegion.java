package dev.lifeboat.cli.wiring;

import dev.lifeboat.vault.region.ObjectInfo;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.vault.region.Region;
import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/** A region that could not be opened: everything asked of it fails with the reason. */
final class AbsentRegion implements Region {
  private final RegionException reason;

  AbsentRegion(RegionException reason) {
    this.reason = reason;
  }

  @Override
  public RegionName name() {
    return reason.region();
  }

  @Override
  public boolean put(ObjectKey key, ByteBuffer bytes) throws RegionException {
    throw failure();
  }

  @Override
  public byte[] read(ObjectKey key, long offset, int length) throws RegionException {
    throw failure();
  }

  @Override
  public byte[] read(ObjectKey key) throws RegionException {
    throw failure();
  }

  @Override
  public Optional<ObjectInfo> stat(ObjectKey key) throws RegionException {
    throw failure();
  }

  @Override
  public void list(String prefix, Consumer<ObjectInfo> each) throws RegionException {
    throw failure();
  }

  @Override
  public void delete(ObjectKey key) throws RegionException {
    throw failure();
  }

  @Override
  public Instant now() throws RegionException {
    throw failure();
  }

  @Override
  public void close() {}

  /** A fresh one for each caller, so that nobody adds to another's. */
  private RegionException failure() {
    String prefix = "region " + reason.region() + ": ";
    String message = String.valueOf(reason.getMessage());
    String detail = message.startsWith(prefix) ? message.substring(prefix.length()) : message;
    return new RegionException.Permanent(reason.region(), detail, reason);
  }
}
