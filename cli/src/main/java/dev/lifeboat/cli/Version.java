package dev.lifeboat.cli;

/** Which version of the program this is. */
public final class Version {
  private Version() {}

  /** From the jar's manifest. */
  public static String current() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }
}
