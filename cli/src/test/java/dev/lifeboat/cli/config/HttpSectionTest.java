package dev.lifeboat.cli.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HttpSectionTest {
  private static Configuration parse(String http) {
    return ConfigLoader.parse(
        "lifeboat.yaml",
        """
        vault:
          regions:
            - {name: north, directory: {path: regions/north}}
        datasets:
          - {name: files, directory: {path: files}, tenant: acme}
        http: %s
        """
            .formatted(http),
        Path.of("/etc/lifeboat"));
  }

  @Test
  void http_tokenAlone_listensOnLoopback() {
    HttpSection http = parse("{token: {file: token}}").http().orElseThrow();

    assertThat(http.where().isLoopbackAddress()).isTrue();
    assertThat(http.port()).isEqualTo(9487);
    assertThat(http.refresh()).isEqualTo(Duration.ofMinutes(15));
    assertThat(http.tls()).isEmpty();
    assertThat(
            parse("{address: \"::1\", token: {env: T}}")
                .http()
                .orElseThrow()
                .where()
                .isLoopbackAddress())
        .isTrue();
    assertThat(
            parse(
                    "{address: 10.0.0.7, tls: {certificate: c, key: k}, basic: {user: p, password: {env: T}}}")
                .http()
                .orElseThrow()
                .where()
                .isLoopbackAddress())
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {address: 0.0.0.0, token: {env: T}}                         | can be reached from elsewhere: give it tls
          {address: "::", token: {env: T}}                            | can be reached from elsewhere: give it tls
          {address: 0.0.0.0, tls: {certificate: c, key: k}}           | lacks its authentication: one of token, basic
          {}                                                          | lacks its authentication: one of token, basic
          {token: {env: T}, basic: {user: p, password: {env: T}}}     | write only one of them
          {address: backup.example.net, token: {env: T}}              | is no IP address
          {token: s3cret}                                             | a secret never stands in this file
          {basic: {user: "a:b", password: {env: T}}}                  | without ':'
          {port: 70000, token: {env: T}}                              | port: 70000 is none
          {refresh: 10ms, token: {env: T}}                            | too often
          """)
  void http_thatWouldOpenToOthersOrMeansNothing_isRefusedWithLineAndKey(String http, String why) {
    assertThatThrownBy(() -> parse(http))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("lifeboat.yaml:6:")
        .hasMessageContaining("http")
        .hasMessageContaining(why)
        .hasMessageNotContaining("s3cret");
  }
}
