package dev.lifeboat.sources.directory;

import dev.lifeboat.sources.posix.Descriptor;

/** A descriptor that several users hold; the last one closes it. */
final class SharedDescriptor {
  private final Descriptor descriptor;
  private int holders = 1;

  SharedDescriptor(Descriptor descriptor) {
    this.descriptor = descriptor;
  }

  Descriptor get() {
    return descriptor;
  }

  /** One more holder; only who holds it may call this. */
  synchronized void hold() {
    if (holders == 0) {
      throw new IllegalStateException("closed");
    }
    holders++;
  }

  synchronized void release() {
    if (--holders == 0) {
      descriptor.close();
    }
  }
}
