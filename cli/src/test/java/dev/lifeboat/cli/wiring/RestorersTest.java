package dev.lifeboat.cli.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.cli.CliException;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RestorersTest {
  @ParameterizedTest
  @ValueSource(
      strings = {"./back", "/var/back", "back", "C:/back", "file:/back", "a dir: with a colon"})
  void uri_ofADirectory_isNone(String target) {
    assertThat(Restorers.uri(target)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "h2:/tmp/a b/shop",
        "h2:/100 %/shop",
        "h2:/a%20b/shop;AUTO_SERVER=TRUE",
        "h2:/a#b?c/shop",
        "h2:/caf\u00e9/shop"
      })
  void uri_ofWhatADriverReads_keepsEveryCharacter(String rest) {
    assertThat(Restorers.uri("jdbc:" + rest))
        .hasValueSatisfying(uri -> {
          assertThat(uri.getScheme()).isEqualTo("jdbc");
          assertThat(uri.getSchemeSpecificPart()).isEqualTo(rest);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"/back to", "/100 %", "/a%20b", "/a#b"})
  void uri_ofADirectoryForRepositories_keepsEveryCharacter(String directory) {
    assertThat(Restorers.uri("git-bare:" + directory).map(URI::getPath)).contains(directory);
  }

  @Test
  void uri_ofAServer_isReadAsItStands() {
    assertThat(Restorers.uri("postgres://admin@127.0.0.1:5433/a%20b").map(URI::getPath))
        .contains("/a b");
  }

  @Test
  void uri_ofAServerWithASpace_isRefusedWithTheTarget() {
    assertThatThrownBy(() -> Restorers.uri("postgres://admin@127.0.0.1:5433/a b"))
        .isInstanceOf(CliException.class)
        .hasMessageContaining("postgres://admin@127.0.0.1:5433/a b");
  }
}
