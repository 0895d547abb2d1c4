package dev.lifeboat.cli.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.cli.output.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ConfigSchemaTest {
  private static final Path PUBLISHED = Path.of("../docs/lifeboat.schema.json");

  /** Mend with: ./lifeboat config schema > docs/lifeboat.schema.json */
  @Test
  void schema_asPublished_isThatOfTheRecords() throws Exception {
    assertThat(Files.readString(PUBLISHED)).isEqualTo(Json.write(ConfigSchema.schema()) + "\n");
  }
}
