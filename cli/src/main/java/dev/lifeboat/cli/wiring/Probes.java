package dev.lifeboat.cli.wiring;

import dev.lifeboat.vault.region.RegionName;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What was found out about regions, by {@code regions test} or with the first object that was
 * stored, in the state directory: one word for each region, whether conditional puts are honoured.
 * Without it each run finds out again.
 */
final class Probes {
  private Probes() {}

  private static Path file(Path home, RegionName region) {
    return home.resolve("probes").resolve(region.value());
  }

  static Optional<Boolean> conditionalPuts(Path home, RegionName region) {
    try {
      return switch (Files.readString(file(home, region), StandardCharsets.US_ASCII).strip()) {
        case "conditional-puts: honoured" -> Optional.of(true);
        case "conditional-puts: ignored" -> Optional.of(false);
        default -> Optional.empty();
      };
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  static void remember(Path home, RegionName region, boolean honoured) throws IOException {
    Path file = file(home, region);
    Files.createDirectories(file.getParent());
    Files.writeString(
        file,
        "conditional-puts: " + (honoured ? "honoured" : "ignored") + "\n",
        StandardCharsets.US_ASCII);
  }
}
