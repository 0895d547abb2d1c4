package dev.lifeboat.verify.drill;

/** What is supposed to have happened. */
public enum Scenario {
  LATEST("latest", "the newest complete snapshot is needed"),
  OLDEST("oldest", "the oldest complete snapshot that is still kept is needed"),
  RANDOM("random", "some complete snapshot is needed, nobody knows in advance which"),
  AT_TIME("at-time", "the state of a certain time is needed"),
  REGION_LOST("region-lost", "a region is gone, and its credentials with it"),
  CATALOGUE_LOST(
      "catalogue-lost", "nothing is left but one region and the recovery kit; the host is empty"),
  HOST_LOST("host-lost", "the backup host is gone; a new one has the regions and the recovery kit"),
  KEY_SHARES(
      "key-shares", "the recovery kit itself is gone; people bring the shares it was printed as"),
  WHOLE_COMPANY("whole-company", "everything is gone; all datasets have to come back, in order");

  private final String word;
  private final String description;

  Scenario(String word, String description) {
    this.word = word;
    this.description = description;
  }

  /** As in the configuration and on the command line. */
  public String word() {
    return word;
  }

  public String description() {
    return description;
  }

  /** Whether a copy is chosen for its age, so that what was lost since says nothing. */
  public boolean choosesOld() {
    return this == OLDEST || this == RANDOM;
  }

  /**
   * The scenario of a word.
   *
   * @throws IllegalArgumentException naming those there are
   */
  public static Scenario of(String word) {
    StringBuilder known = new StringBuilder();
    for (Scenario scenario : values()) {
      if (scenario.word.equals(word)) {
        return scenario;
      }
      known.append(known.isEmpty() ? "" : ", ").append(scenario.word);
    }
    throw new IllegalArgumentException("'%s' is no scenario; there are %s".formatted(word, known));
  }
}
