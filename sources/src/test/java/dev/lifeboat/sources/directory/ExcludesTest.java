package dev.lifeboat.sources.directory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExcludesTest {
  /** Patterns separated by blanks, a path (with a slash behind it for a directory), left out? */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          *.tmp            | a.tmp          | true
          *.tmp            | x/y/a.tmp      | true
          *.tmp            | a.tmpx         | false
          *.tmp            | .tmp           | true
          /a.tmp           | a.tmp          | true
          /a.tmp           | x/a.tmp        | false
          x/a.tmp          | x/a.tmp        | true
          x/a.tmp          | y/x/a.tmp      | false
          build/           | build/         | true
          build/           | build          | false
          build/           | x/build/       | true
          /build/          | x/build/       | false
          **/log           | log            | true
          **/log           | a/b/log        | true
          a/**/b           | a/b            | true
          a/**/b           | a/x/y/b        | true
          a/**/b           | x/a/b          | false
          a/**             | a/             | false
          a/**             | a/x            | true
          a/**             | a/x/y          | true
          a/*              | a/x            | true
          a/*              | a/x/y          | false
          ?                | é              | true
          ?                | ab             | false
          [a-c]x           | bx             | true
          [!a-c]x          | bx             | false
          [!a-c]x          | dx             | true
          []]              | ]              | true
          [a-]             | -              | true
          \\*              | *              | true
          \\*              | a              | false
          \\!a             | !a             | true
          #a               | #a             | false
          \\#a             | #a             | true
          *.tmp !keep.tmp  | keep.tmp       | false
          *.tmp !keep.tmp  | x/keep.tmp     | false
          *.tmp !keep.tmp  | other.tmp      | true
          !keep.tmp *.tmp  | keep.tmp       | true
          a*b*c            | aXbYbZc        | true
          a*b*c            | aXbYbZ         | false
          **               | anything/at    | true
          """)
  void excludes_pattern_meansWhatItMeansInGitignore(
      String patterns, String path, boolean excluded) {
    boolean directory = path.endsWith("/");
    List<byte[]> components = new ArrayList<>();
    for (String name : path.split("/", -1)) {
      if (!name.isEmpty()) {
        components.add(name.getBytes(StandardCharsets.UTF_8));
      }
    }

    Excludes excludes = Excludes.compile(Arrays.asList(patterns.split(" +", -1)));

    assertThat(excludes.excludes(components, directory)).isEqualTo(excluded);
  }

  @Test
  void excludes_bytesThatAreNotText_areMatched() {
    Excludes excludes = Excludes.compileBytes(List.of(new byte[] {'*', (byte) 0xff}));

    assertThat(excludes.excludes(List.of(new byte[] {'a', (byte) 0xff}), false)).isTrue();
    assertThat(excludes.excludes(List.of(new byte[] {'a', (byte) 0xfe}), false)).isFalse();
  }

  @Test
  void compile_patternThatCannotBeRead_isRefusedByName() {
    assertThatThrownBy(() -> Excludes.compile(List.of("[abc")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'[abc'");
    assertThatThrownBy(() -> Excludes.compile(List.of("a\\")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("backslash");
    assertThatThrownBy(() -> Excludes.compile(List.of("/")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("matches nothing");
  }
}
