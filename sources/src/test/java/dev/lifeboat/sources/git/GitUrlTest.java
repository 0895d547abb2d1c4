package dev.lifeboat.sources.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GitUrlTest {
  @ParameterizedTest
  @CsvSource({
    "https://Git.Example.net/acme/app.git, HTTP, https://git.example.net/acme/app.git, app",
    "https://git.example.net:8443/acme/app/, HTTP, https://git.example.net:8443/acme/app/, app",
    "http://127.0.0.1:8080/app.git, HTTP, http://127.0.0.1:8080/app.git, app",
    "http://[::1]:8080/app.git, HTTP, http://[::1]:8080/app.git, app",
    "ssh://git@host:2222/~/app.git, SSH, ssh://git@host:2222/~/app.git, app",
    "git@host:acme/app.git, SSH, git@host:acme/app.git, app",
    "file:///srv/git/app/.git, FILE, file:///srv/git/app/.git, app",
    "file:///srv/git/.git.git, FILE, file:///srv/git/.git.git, .git",
  })
  void parse_url_isReadAndNormalised(
      String url, GitUrl.Transport transport, String text, String name) {
    GitUrl parsed = GitUrl.parse(url);
    assertThat(parsed.transport()).isEqualTo(transport);
    assertThat(parsed.text()).isEqualTo(text);
    assertThat(parsed.lastSegment()).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://ada:hunter2@git.example.net/app.git",
        "https://hunter2@git.example.net/app.git",
        "https://a@b:hunter2@git.example.net/app.git",
        "https://git.example.net/app.git?private_token=hunter2",
        "ssh://git:hunter2@git.example.net/app.git",
        "ftp://ada:hunter2@git.example.net/app.git",
        "https://ada:hunter2@git.example.net:port/app.git",
        "https://ada:hunter2@/app.git",
        "ada:hunter2@git.example.net",
        "https://ada:hunter2@git.example.net/a b",
      })
  void parse_passwordInUrl_isRefusedWithoutRepeatingIt(String url) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GitUrl.parse(url))
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("hunter2"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://git.example.net/app.git",
        "http://localhost.example.net/app.git",
        "http://127.0.0.1.example.net/app.git",
        "git://git.example.net/app.git",
        "file://server/share/app.git",
        "https://git.example.net/",
        "/srv/git/app.git",
        "ext::sh -c touch% /tmp/pwned",
        "",
      })
  void parse_unsafeOrUnknown_isRefused(String url) {
    assertThatIllegalArgumentException().isThrownBy(() -> GitUrl.parse(url));
  }

  @Test
  void settings_sshWithoutKnownHosts_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new GitSettings(
                List.of(GitUrl.parse("git@host:app.git")),
                List.of(),
                4,
                Optional.empty(),
                Optional.of(Path.of("/key")),
                Optional.empty(),
                true,
                Duration.ofMinutes(1)))
        .withMessageContaining("known_hosts");
  }

  @Test
  void settings_nothingOrTwice_isRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> GitSettings.of(List.of(), List.of()));
    GitUrl url = GitUrl.parse("https://git.example.net/app.git");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> GitSettings.of(List.of(url, url), List.of()));
  }

  @Test
  void pointer_onlyOfThatForm_isOne() {
    String oid = "0123456789abcdef".repeat(4);
    String good =
        "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize 12\n".formatted(oid);
    assertThat(LfsPointers.parse(good.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
        .contains(new LfsPointers.Pointer(oid, 12));
    for (String bad :
        List.of(
            good + "x",
            good.replace("sha256", "sha1"),
            good.toUpperCase(java.util.Locale.ROOT),
            "")) {
      assertThat(LfsPointers.parse(bad.getBytes(java.nio.charset.StandardCharsets.UTF_8)))
          .isEmpty();
    }
  }
}
