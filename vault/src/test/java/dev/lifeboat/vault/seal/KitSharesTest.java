package dev.lifeboat.vault.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KitSharesTest {
  private final SealFixture fixture = new SealFixture();
  private final List<String> shares = KitShares.split(fixture.kit, 3, 5, fixture.random);

  @AfterEach
  void close() {
    fixture.close();
  }

  @ParameterizedTest
  @CsvSource({"2,2", "2,3", "3,5", "5,5", "2,255", "20,30"})
  void combine_anyThresholdOfThem_givesTheKitBack(int threshold, int count) {
    List<String> all =
        new ArrayList<>(KitShares.split(fixture.kit, threshold, count, fixture.random));
    for (int round = 0; round < 3; round++) {
      Collections.shuffle(all, new Random(round));
      assertOpens(all.subList(0, threshold));
    }
    assertOpens(all);
  }

  @Test
  void combine_everyThree_givesTheKitBack() {
    for (int a = 0; a < 5; a++) {
      for (int b = a + 1; b < 5; b++) {
        for (int c = b + 1; c < 5; c++) {
          assertOpens(List.of(shares.get(c), shares.get(a), shares.get(b)));
        }
      }
    }
  }

  @Test
  void combine_asTyped_doesNotMindCaseBlanksOrLookalikes() {
    List<String> typed =
        shares.stream()
            .limit(3)
            .map(share ->
                "Dear Bob,\r\nhere it is\r\n"
                    + share
                        .toUpperCase(Locale.ROOT)
                        .replace(" ", "")
                        .replace('0', 'O')
                        .replaceAll("(?<=:.{0,30})1", "l")
                        .replace("\n", " \r\n\t"))
            .toList();

    assertOpens(typed);
  }

  @Test
  void split_always_printsWhatAPersonNeeds() {
    assertThat(shares.get(1).lines())
        .hasSize(13)
        .contains("Any 3 shares of this set open the vault " + fixture.kit.vault() + ".")
        .anyMatch(line -> line.startsWith("LIFEBOAT RECOVERY KIT, SHARE 2 OF 5 (set "))
        .anyMatch(line -> line.matches("8: ([0-9a-f]{4} ){4} [0-9a-f]{4}"))
        .allMatch(line -> line.length() <= 76);
  }

  @Test
  void split_anyShare_showsNothingOfTheSecret() {
    String secret = HexFormat.of().formatHex(fixture.kit.exposeSecret().exposeSecret());
    for (String share : shares) {
      String digits = share.replaceAll("[\\s]", "");
      for (int at = 0; at + 8 <= secret.length(); at += 8) {
        assertThat(digits).doesNotContain(secret.substring(at, at + 8));
      }
    }
  }

  @Test
  void combine_tooFew_saysHowManyAndWhichAreHere() {
    assertThatThrownBy(() -> KitShares.combine(shares.subList(1, 3)))
        .isInstanceOf(VaultException.KeyUnavailable.class)
        .hasMessageMatching(
            "3 shares of set [0-9a-f]{8} are needed, but only shares 2, 3 are here");
    assertThatThrownBy(() -> KitShares.combine(shares.subList(4, 5)))
        .hasMessageMatching("3 shares of set [0-9a-f]{8} are needed, but only share 5 is here");
    assertThatThrownBy(() -> KitShares.combine(List.of()))
        .isInstanceOf(VaultException.KeyUnavailable.class)
        .hasMessageContaining("no share");
  }

  @Test
  void combine_sameShareTwice_namesIt() {
    assertThatThrownBy(
            () -> KitShares.combine(List.of(shares.get(0), shares.get(3), shares.get(0))))
        .isInstanceOf(VaultException.KeyUnavailable.class)
        .hasMessageMatching(
            "share 1 of set [0-9a-f]{8} is given twice; 3 different ones are needed");
  }

  @Test
  void combine_sharesOfTwoSets_namesBoth() {
    List<String> others = KitShares.split(fixture.kit, 3, 5, fixture.random);

    assertThatThrownBy(
            () -> KitShares.combine(List.of(shares.get(0), others.get(1), shares.get(2))))
        .isInstanceOf(VaultException.KeyUnavailable.class)
        .hasMessageMatching(
            "share 1 of set [0-9a-f]{8} and share 2 of set [0-9a-f]{8} do not belong together.*");
  }

  @Test
  void combine_anyDigitMistyped_namesLineAndShare() {
    String share = shares.get(1);
    int found = 0;
    for (int at = 0; at < share.length(); at++) {
      int line = lineNumberAt(share, at);
      char digit = share.charAt(at);
      if (line == 0 || !HexFormat.isHexDigit(digit)) {
        continue;
      }
      char other = digit == '9' ? 'a' : (char) (digit + 1);
      String wrong =
          share.substring(0, at) + (digit == 'f' ? '0' : other) + share.substring(at + 1);
      found++;

      assertThatThrownBy(() -> KitShares.combine(List.of(shares.get(0), wrong, shares.get(2))))
          .isInstanceOf(VaultException.KeyUnavailable.class)
          .hasMessageContaining(
              line == 1 ? "line 1 of share text 2 has" : "line %d of share 2 has".formatted(line));
    }
    assertThat(found).isEqualTo(160);
  }

  @Test
  void combine_severalFaults_namesAll() {
    String one = shares.get(0).replaceAll("(?m)^4:.*$", "");
    String two =
        shares.get(1).replaceAll("(?m)^7: ....", "7: zzzz").replaceAll("(?m)^(5:.*).$", "$1");

    assertThatThrownBy(() -> KitShares.combine(List.of(one, two, "nothing")))
        .isInstanceOf(VaultException.KeyUnavailable.class)
        .hasMessageContaining("line 4 of share 1 is missing")
        .hasMessageContaining("line 7 of share 2 has 'z', which is no hexadecimal digit")
        .hasMessageContaining("line 5 of share 2 has 19 digits instead of 20")
        .hasMessageContaining("line 1 of share text 3 is missing");
  }

  @Test
  void combine_lineTwice_isRefused() {
    assertThatThrownBy(
            () -> KitShares.combine(List.of(shares.get(0) + shares.get(1), shares.get(2))))
        .isInstanceOf(VaultException.KeyUnavailable.class)
        .hasMessageContaining("share text 1 has a line 1 twice");
  }

  @Test
  void combine_lineOfAnotherShare_namesIt() {
    String foreign = line(shares.get(3), 6);
    String mixed = shares.get(1).replace(line(shares.get(1), 6), foreign);

    assertThatThrownBy(() -> KitShares.combine(List.of(shares.get(0), mixed, shares.get(2))))
        .isInstanceOf(VaultException.KeyUnavailable.class)
        .hasMessageContaining("line 6 of share 2 has a wrong digit, or is of another share");
  }

  @Test
  void combine_wholeButWrongShare_isFoundByTheCheck() {
    // Every checksum right, and yet not the point of this kit: as a forger would make it.
    String forged = forged(shares.get(1), 1);

    assertThatThrownBy(() -> KitShares.combine(List.of(shares.get(0), forged, shares.get(2))))
        .isInstanceOf(VaultException.KeyUnavailable.class)
        .hasMessageContaining("make another kit");
  }

  @Test
  void combine_laterVersion_namesBoth() {
    String later = forged(shares.get(1), 2);

    assertThatThrownBy(() -> KitShares.combine(List.of(shares.get(0), later, shares.get(2))))
        .isInstanceOf(VaultException.UnsupportedFormat.class)
        .hasMessageContaining("share text 2 has format version 2; this program reads version 1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1,1", "1,5", "6,5", "0,5", "2,256", "2,1"})
  void split_nonsense_isRefused(String numbers) {
    int threshold = Integer.parseInt(numbers.split(",", -1)[0]);
    int count = Integer.parseInt(numbers.split(",", -1)[1]);

    assertThatThrownBy(() -> KitShares.split(fixture.kit, threshold, count, fixture.random))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** A share with another point (and version), all of whose lines check. */
  private String forged(String share, int version) {
    List<String> faults = new ArrayList<>();
    try (Share real = Share.parse(share, 1, faults).orElseThrow();
        Share forged =
            new Share(
                real.threshold(),
                5,
                real.index(),
                HexFormat.of().parseHex(real.setHex()),
                real.vault(),
                real.check(),
                SecretBytes.random(fixture.random))) {
      return forged.print(version);
    }
  }

  private void assertOpens(List<String> texts) {
    try (RecoveryKit kit = KitShares.combine(texts)) {
      assertThat(kit.exposeSecret()).isEqualTo(fixture.kit.exposeSecret());
      assertThat(kit.vault()).isEqualTo(fixture.kit.vault());
    }
  }

  private static String line(String share, int number) {
    return share.lines().filter(line -> line.startsWith(number + ":")).findFirst().orElseThrow();
  }

  /** The number of the numbered line that has digits at this place, or 0. */
  private static int lineNumberAt(String share, int at) {
    int start = share.lastIndexOf('\n', at) + 1;
    return share.startsWith(": ", start + 1) && at > start + 2
        ? Character.digit(share.charAt(start), 10)
        : 0;
  }
}
