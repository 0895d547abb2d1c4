package dev.lifeboat.verify.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.engine.VaultFixture;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.SealedDocuments;
import dev.lifeboat.vault.region.ObjectKey;
import dev.lifeboat.verify.audit.AuditRecord.Concern;
import dev.lifeboat.verify.audit.AuditRecord.Entry;
import dev.lifeboat.verify.audit.AuditRecord.Event;
import dev.lifeboat.verify.audit.AuditRecord.Who;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CopiesWatchTest {
  @TempDir private Path home;

  private final VaultFixture fixture = VaultFixture.inMemory();
  private final Vault vault = fixture.open();
  private final SealedDocuments objects =
      SealedDocuments.audit(
          vault.regions(), Records.of(fixture.host(), fixture.document()), fixture.random());
  private final AuditCopies copies = new AuditCopies(objects, fixture.host(), fixture.clock());

  @AfterEach
  void close() {
    fixture.close();
  }

  private AuditTrail trail() {
    return new AuditTrail(home, fixture.clock(), fixture.random());
  }

  private static Entry entry() {
    return new Entry(
        Event.END,
        "00",
        "restore",
        Concern.READ,
        List.of(),
        List.of(),
        new Who("joan", 1000, "", "db1", 1, ""),
        "lifeboat test",
        OptionalInt.of(0),
        AuditRecord.details());
  }

  /** Records, each copied by itself. */
  private void copied(int records) throws Exception {
    for (int i = 0; i < records; i++) {
      fixture.clock().advance(Duration.ofMinutes(1));
      trail().append(entry(), Optional.of(fixture.host()));
      copies.copy(trail(), entry());
    }
  }

  private List<ObjectKey> keys() {
    return fixture.objects(0).keySet().stream()
        .filter(key -> key.value().startsWith(SealedDocuments.AUDIT))
        .sorted()
        .toList();
  }

  private void remove(ObjectKey key) throws Exception {
    fixture.memory(0).delete(key);
    fixture.memory(1).delete(key);
  }

  private CopiesWatch.Seen look() throws Exception {
    return new CopiesWatch(
            objects,
            fixture.host(),
            (name, key) -> fixture.document().writer(key).equals(Optional.of(name)),
            home.resolve("cache/seen.json"))
        .look(trail());
  }

  private List<String> problems() throws Exception {
    return look().problems();
  }

  @Test
  void look_trailThatGrows_isSound_andNoObjectIsReadTwice() throws Exception {
    assertThat(problems()).isEmpty();
    copied(3);
    assertThat(problems()).isEmpty();
    assertThat(look().copied())
        .containsOnlyKeys(fixture.host().writer().value())
        .containsValue(fixture.clock().instant());

    // Spoilt once they were read: the next look does not notice, because it does not read them.
    for (ObjectKey key : keys()) {
      remove(key);
      vault.regions().put(key, ByteBuffer.wrap(new byte[100]));
    }
    copied(1);
    assertThat(problems()).isEmpty();

    Files.delete(home.resolve("cache/seen.json"));
    assertThat(problems()).hasSize(4).anyMatch(problem -> problem.contains("no copy"));
  }

  @Test
  void look_copyNeverSeenMissing_isAGap_untilItIsCopiedAgain() throws Exception {
    copied(4);
    remove(keys().get(1));
    assertThat(problems())
        .containsExactly("records 2 to 2 of chain %s have no copy".formatted(chain()));
    assertThat(problems()).as("told each time").hasSize(1);

    Files.delete(trail().noteOfCopies());
    copied(1);
    assertThat(problems()).isEmpty();
  }

  private String chain() {
    return AuditLine.read("", trail().lines().getFirst()).record().chain();
  }

  @Test
  void look_copySeenBefore_isMissedWhenItIsGone() throws Exception {
    copied(3);
    assertThat(problems()).isEmpty();
    ObjectKey gone = keys().get(1);
    remove(gone);

    assertThat(problems()).containsExactly(gone + " was there and is gone");
    Files.delete(trail().noteOfCopies());
    copied(1);
    assertThat(problems()).as("copied again").isEmpty();
  }

  @Test
  void look_trailCutOff_isToldFromItsCopies_alsoWhenItGrowsAgain() throws Exception {
    copied(4);
    assertThat(problems()).isEmpty();
    List<String> lines = trail().lines();
    Files.writeString(trail().file(), String.join("\n", lines.subList(0, 2)) + "\n");
    assertThat(problems())
        .singleElement()
        .asString()
        .contains("cut off behind record 2")
        .contains("4 records");

    trail().append(entry(), Optional.of(fixture.host()));
    trail().append(entry(), Optional.of(fixture.host()));
    assertThat(problems()).singleElement().asString().contains("record 4").contains("not where");

    copied(1);
    assertThat(problems())
        .containsExactly(
            "record 5 of chain %s follows another record than the copy of the one before it"
                .formatted(chain()));
  }

  @Test
  void look_trailGoneOrReplaced_isTold_untilTheNewOneSaysSo() throws Exception {
    copied(2);
    assertThat(problems()).isEmpty();
    String chain = chain();
    Files.delete(trail().file());
    assertThat(problems()).singleElement().asString().contains("is gone").contains(chain);

    trail().append(entry(), Optional.of(fixture.host()));
    assertThat(problems()).singleElement().asString().contains("of which the vault has nothing");

    copies.copy(trail(), entry());
    assertThat(problems()).isEmpty();
  }

  @Test
  void look_recordChangedBeforeItWasCopied_isToldForGood() throws Exception {
    copied(2);
    trail().append(entry(), Optional.of(fixture.host()));
    trail().append(entry(), Optional.of(fixture.host()));
    List<String> lines = new ArrayList<>(trail().lines());
    lines.remove(2);
    Files.writeString(trail().file(), String.join("\n", lines) + "\n");
    copies.copy(trail(), entry());

    assertThat(problems()).singleElement().asString().contains("records 3 to 3");
    copied(1);
    assertThat(problems()).singleElement().asString().contains("records 3 to 3");
  }

  @Test
  void look_signedByAKeyThatDoesNotCount_isToldForGood() throws Exception {
    copied(2);

    List<String> problems =
        new CopiesWatch(objects, fixture.host(), (_, _) -> false, home.resolve("cache/seen.json"))
            .look(trail())
            .problems();

    assertThat(problems).hasSize(2).allMatch(problem -> problem.contains("does not count"));
    assertThat(problems()).isEqualTo(problems);
  }

  @Test
  void look_memorySpoilt_isReadAnew() throws Exception {
    copied(2);
    assertThat(problems()).isEmpty();
    Files.writeString(home.resolve("cache/seen.json"), "{\"objects\":[");

    assertThat(problems()).isEmpty();
    assertThat(Files.readString(home.resolve("cache/seen.json"))).contains("chains");
  }
}
