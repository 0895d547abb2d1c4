package dev.lifeboat.cli.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StoreSectionTest {
  private static Configuration parse(String service) {
    return ConfigLoader.parse(
        "lifeboat.yaml",
        """
        vault:
          regions:
            - {name: north, directory: {path: regions/north}}
        datasets:
          - {name: files, directory: {path: files}, tenant: acme}
        service: %s
        """
            .formatted(service),
        Path.of("/etc/lifeboat"));
  }

  @Test
  void store_absent_isTheHome() {
    assertThat(parse("{}").service().store()).isEmpty();
  }

  @Test
  void store_postgres_hasDefaults() {
    StoreSection store =
        parse("{store: {postgres: {host: db, database: lifeboat, user: backup}}}")
            .service()
            .store()
            .orElseThrow();

    assertThat(store.takeover()).isEqualTo(Duration.ofSeconds(30));
    assertThat(store.postgres().orElseThrow().port()).isEqualTo(5432);
    assertThat(store.postgres().orElseThrow().password()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {store: {}}                                                               | service.store: lacks its database: one of postgres
          {store: {postgres: {host: db, user: u}}}                                  | service.store.postgres: lacks 'database'
          {store: {postgres: {host: db, user: u, database: d, password: s3cret}}}   | a secret never stands in this file
          {store: {postgres: {host: db, user: u, database: d, port: 70000}}}        | port: 70000 is none
          {store: {postgres: {host: db, user: u, database: d, sslmode: perhaps}}}   | service.store.postgres.sslmode
          {store: {takeover: 1s, postgres: {host: db, user: u, database: d}}}       | would be taken for dead
          """)
  void store_thatCannotBe_isRefusedWithLineAndKey(String service, String why) {
    assertThatThrownBy(() -> parse(service))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(why)
        .hasMessageContaining("lifeboat.yaml:6:");
  }
}
