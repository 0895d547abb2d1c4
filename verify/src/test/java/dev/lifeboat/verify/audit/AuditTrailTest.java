package dev.lifeboat.verify.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.engine.Vault;
import dev.lifeboat.vault.engine.VaultFixture;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.reclaim.SealedDocuments;
import dev.lifeboat.vault.seal.SigningKey;
import dev.lifeboat.verify.audit.AuditRecord.Concern;
import dev.lifeboat.verify.audit.AuditRecord.Entry;
import dev.lifeboat.verify.audit.AuditRecord.Event;
import dev.lifeboat.verify.audit.AuditRecord.Who;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditTrailTest {
  @TempDir private Path home;

  private final VaultFixture fixture = VaultFixture.inMemory();
  private final Vault vault = fixture.open();
  private final AuditCopies copies =
      new AuditCopies(
          SealedDocuments.audit(
              vault.regions(), Records.of(fixture.host(), fixture.document()), fixture.random()),
          fixture.host(),
          fixture.clock());

  @AfterEach
  void close() {
    fixture.close();
  }

  private AuditTrail trail() {
    return new AuditTrail(home, fixture.clock(), fixture.random());
  }

  private Entry begin(String command, String run) {
    var details = AuditRecord.details();
    details.putObject("configuration").put("file", "/etc/lifeboat.yaml").put("sha256", "aa");
    return new Entry(
        Event.BEGIN,
        run,
        command,
        Concern.READ,
        List.of("--to=back", "ein Bär <&>", "no\udc80utf8"),
        List.of("crm"),
        new Who("joan", 1000, "", "db1", 77, "Joan of IT"),
        "lifeboat test",
        OptionalInt.empty(),
        details);
  }

  private void run(int commands) throws IOException {
    for (int i = 0; i < commands; i++) {
      fixture.clock().advance(Duration.ofMinutes(1));
      Entry begin = begin("restore", HexFormat.of().toHexDigits((long) i));
      trail().append(begin, Optional.of(fixture.host()));
      trail()
          .append(
              begin.then(Event.END, OptionalInt.of(0), AuditRecord.details()),
              Optional.of(fixture.host()));
    }
  }

  private AuditCheck check() {
    return new AuditCheck((name, key) -> fixture.document().writer(key).equals(Optional.of(name)));
  }

  private AuditCheck.Result read(List<String> lines) {
    return check().read("trail", lines).result();
  }

  private AuditCheck.Result compared() throws Exception {
    AuditCopies.Contents contents = copies.read();
    assertThat(contents.problems()).isEmpty();
    return check()
        .read("trail", trail().lines())
        .compare(trail().lines(), contents.chains(), fixture.host().writer())
        .result();
  }

  @Test
  void append_commands_areReadBackAsTheyWereAndSound() throws Exception {
    run(3);

    AuditCheck.Result result = read(trail().lines());

    assertThat(result.problems()).isEmpty();
    assertThat(result.notes()).isEmpty();
    assertThat(result.unended()).isEmpty();
    assertThat(result.chains())
        .singleElement()
        .satisfies(chain -> {
          assertThat(chain.records()).isEqualTo(6);
          assertThat(chain.vouched()).isEqualTo(6);
          assertThat(chain.writer()).contains(fixture.host().writer().value());
        });
    AuditRecord first = AuditLine.read("first", trail().lines().getFirst()).record();
    assertThat(first.entry().arguments())
        .containsExactly("--to=back", "ein Bär <&>", "no\udc80utf8");
    assertThat(first.entry().who().operator()).isEqualTo("Joan of IT");
    assertThat(Files.getPosixFilePermissions(trail().file())).hasSize(2);
  }

  @Test
  void check_anyByteOfAnyLineChanged_isAProblem() throws Exception {
    run(2);
    List<String> lines = trail().lines();
    for (int line = 0; line < lines.size(); line++) {
      for (int at = 3; at < lines.get(line).length() - 1; at += 41) {
        List<String> changed = new ArrayList<>(lines);
        char other = lines.get(line).charAt(at) == 'x' ? 'y' : 'x';
        changed.set(
            line, lines.get(line).substring(0, at) + other + lines.get(line).substring(at + 1));
        assertThat(read(changed).problems()).as("line %d, byte %d", line, at).isNotEmpty();
      }
    }
  }

  @Test
  void check_endOfALineWithinALine_isAProblem() throws Exception {
    run(1);
    List<String> lines = new ArrayList<>(trail().lines());
    lines.set(1, lines.get(1).replaceFirst("\\{", "{\r"));

    assertThat(read(lines).problems()).singleElement().asString().contains("line 2");
  }

  @Test
  void check_unsignedLineChanged_isAProblemOfTheSignedOneBehind() throws Exception {
    trail().append(begin("restore", "01"), Optional.empty());
    trail().append(begin("ls", "02"), Optional.of(fixture.host()));
    List<String> lines = new ArrayList<>(trail().lines());
    assertThat(read(lines).problems()).isEmpty();

    lines.set(0, lines.get(0).replace("joan", "jane"));

    assertThat(read(lines).problems())
        .singleElement()
        .asString()
        .contains("line 2")
        .contains("was changed or replaced");
  }

  @Test
  void check_lineRemovedMovedOrDoubled_isNamed() throws Exception {
    run(3);
    List<String> all = trail().lines();

    List<String> removed = new ArrayList<>(all);
    removed.remove(2);
    assertThat(read(removed).problems()).singleElement().asString().contains("record 3");

    List<String> several = new ArrayList<>(all);
    several.subList(1, 4).clear();
    assertThat(read(several).problems()).singleElement().asString().contains("records 2 to 4");

    List<String> moved = new ArrayList<>(all);
    Collections.swap(moved, 2, 3);
    assertThat(read(moved).problems()).isNotEmpty();

    List<String> doubled = new ArrayList<>(all);
    doubled.add(3, all.get(2));
    assertThat(read(doubled).problems()).anyMatch(problem -> problem.contains("twice"));
  }

  @Test
  void check_signedByAnotherKeyThanOneThatCounts_isAProblem() throws Exception {
    run(1);
    try (SigningKey other = SigningKey.generate(fixture.random())) {
      AuditCheck.Result result =
          new AuditCheck((_, key) -> key.equals(other.verifyKey()))
              .read("file", trail().lines())
              .result();
      assertThat(result.problems()).hasSize(2).allMatch(p -> p.contains("no key that counts"));
      assertThat(result.chains().getFirst().vouched()).isZero();
    }
  }

  @Test
  void check_noEnd_isShown_andNobodyVouchesForWhatIsNotSigned() throws Exception {
    run(1);
    trail().append(begin("drill", "99"), Optional.empty());

    AuditCheck.Result result = read(trail().lines());

    assertThat(result.problems()).isEmpty();
    assertThat(result.unended())
        .singleElement()
        .satisfies(record -> assertThat(record.entry().command()).isEqualTo("drill"));
    assertThat(result.notes()).singleElement().asString().contains("behind record 2");
  }

  @Test
  void check_configurationChangedWithoutARecord_isAProblem() throws Exception {
    run(1);
    Entry other = begin("ls", "77");
    other.details().putObject("configuration").put("file", "/etc/lifeboat.yaml").put("sha256", "b");
    trail().append(other, Optional.of(fixture.host()));

    assertThat(read(trail().lines()).problems())
        .singleElement()
        .asString()
        .contains("no record says what was changed");
  }

  @Test
  void append_behindOneThatWasCutShort_takesThePieceAwayAndSaysSo() throws Exception {
    run(1);
    List<String> before = trail().lines();
    for (String torn : List.of("{\"evidence\":{\"for", "\0\0\0\0", before.getFirst())) {
      Files.writeString(trail().file(), torn, StandardOpenOption.APPEND);
      assertThat(trail().lines()).as("a piece is no line").isEqualTo(before);

      run(1);

      List<String> after = trail().lines();
      assertThat(after.subList(0, before.size())).isEqualTo(before);
      assertThat(
              AuditLine.read("", after.get(before.size())).record().entry().details().path("torn"))
          .hasToString("" + torn.getBytes(StandardCharsets.UTF_8).length);
      AuditCheck.Result result = read(after);
      assertThat(result.problems()).isEmpty();
      assertThat(result.notes()).isNotEmpty();
      before = after;
    }
  }

  @Test
  void append_behindASpoiltLine_goesOnAndTheLineIsNamed() throws Exception {
    run(2);
    List<String> lines = new ArrayList<>(trail().lines());
    lines.set(3, "#" + lines.get(3).substring(1));
    Files.writeString(trail().file(), String.join("\n", lines) + "\n");

    run(1);

    AuditCheck.Result result = read(trail().lines());
    assertThat(result.problems()).singleElement().asString().contains("line 4");
    assertThat(result.chains()).singleElement().matches(chain -> chain.last() == 6);
  }

  @Test
  void append_manyAtOnce_makesOneChain() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        String run = "run" + i;
        all.add(
            threads.submit(() -> {
              for (int j = 0; j < 10; j++) {
                trail().append(begin("ls", run + j), Optional.of(fixture.host()));
              }
              return null;
            }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }

    AuditCheck.Result result = read(trail().lines());
    assertThat(result.problems()).isEmpty();
    assertThat(result.chains()).singleElement().matches(chain -> chain.records() == 80);
  }

  @Test
  void append_interrupted_isWrittenAndTheInterruptStays() throws Exception {
    Thread.currentThread().interrupt();
    trail().append(begin("restore", "01"), Optional.of(fixture.host()));

    assertThat(Thread.interrupted()).isTrue();
    assertThat(trail().lines()).hasSize(1);
  }

  @Test
  void append_whereNothingCanBeWritten_throws() throws Exception {
    Files.writeString(home.resolve("audit"), "a file where the folder belongs");

    assertThatThrownBy(() -> trail().append(begin("restore", "01"), Optional.empty()))
        .isInstanceOf(IOException.class);
  }

  @Test
  void copy_trail_liesInAllRegionsAndNamesNobody() throws Exception {
    run(2);
    assertThat(AuditCopies.waiting(trail())).isEqualTo(4);
    copies.copy(trail(), begin("restore", "01"));

    assertThat(AuditCopies.waiting(trail())).isZero();
    assertThat(compared().problems()).isEmpty();
    assertThat(copies.read().chains().firstEntry().getValue()).hasSize(4);
    assertThat(fixture.objects(0).keySet()).isEqualTo(fixture.objects(1).keySet()).hasSize(1);
    fixture
        .objects(0)
        .forEach((key, bytes) ->
            assertThat(new String(bytes, StandardCharsets.ISO_8859_1))
                .doesNotContain("joan")
                .doesNotContain("crm"));

    copies.copy(trail(), begin("restore", "01"));
    assertThat(fixture.objects(0)).as("nothing new").hasSize(1);
    run(1);
    copies.copy(trail(), begin("restore", "01"));
    assertThat(fixture.objects(0)).hasSize(2);
    assertThat(compared().problems()).isEmpty();
  }

  @Test
  void copy_trailThatGrew_readsNothingOfWhatWasCopied() throws Exception {
    run(3);
    assertThat(copies.copy(trail(), begin("restore", "01"))).isEmpty();
    byte[] all = Files.readAllBytes(trail().file());
    String last = trail().lines().getLast();
    byte[] blank = all.clone();
    Arrays.fill(blank, 0, all.length - last.length() - 1, (byte) '\n');
    Files.write(trail().file(), blank);
    run(1);

    assertThat(copies.copy(trail(), begin("restore", "01"))).isEmpty();

    List<AuditCopies.Copied> copied = copies.read().chains().firstEntry().getValue();
    assertThat(copied).extracting(AuditCopies.Copied::sequence).containsExactly(upTo(8));
    byte[] grown = Files.readAllBytes(trail().file());
    System.arraycopy(all, 0, grown, 0, all.length);
    Files.write(trail().file(), grown);
    assertThat(compared().problems()).isEmpty();
  }

  private static Long[] upTo(long last) {
    return LongStream.rangeClosed(1, last).boxed().toArray(Long[]::new);
  }

  @Test
  void copy_trailCutOffOrReplacedSinceTheCopy_saysSoAndCopiesWhatIsBehind() throws Exception {
    run(3);
    assertThat(copies.copy(trail(), begin("restore", "01"))).isEmpty();
    List<String> lines = trail().lines();
    Files.writeString(trail().file(), String.join("\n", lines.subList(0, 3)) + "\n");
    run(1);

    assertThat(copies.copy(trail(), begin("restore", "01")))
        .hasValueSatisfying(wrong -> assertThat(wrong).contains("record 6").contains("not where"));
    run(1);
    assertThat(copies.copy(trail(), begin("restore", "01"))).isPresent();

    assertThat(copies.read().chains().firstEntry().getValue())
        .extracting(AuditCopies.Copied::sequence)
        .containsExactly(upTo(7));
    assertThat(compared().problems()).anyMatch(problem -> problem.contains("record 4"));
  }

  @Test
  void copy_recordChangedBeforeItWasCopied_isSaid() throws Exception {
    run(2);
    assertThat(copies.copy(trail(), begin("restore", "01"))).isEmpty();
    run(2);
    List<String> lines = new ArrayList<>(trail().lines());
    lines.remove(5);
    Files.writeString(trail().file(), String.join("\n", lines) + "\n");

    assertThat(copies.copy(trail(), begin("restore", "01")))
        .contains("record 7 follows another than the one before it");
    assertThat(copies.copy(trail(), begin("restore", "01"))).as("told once").isEmpty();
    assertThat(compared().problems()).isNotEmpty();
  }

  @Test
  void copy_noteOfAnEarlierVersion_readsAllOnceMore() throws Exception {
    run(2);
    copies.copy(trail(), begin("restore", "01"));
    Path note = trail().noteOfCopies();
    Files.writeString(note, Files.readString(note).replaceFirst(",\"end\":.*}", "}"));
    run(1);

    assertThat(copies.copy(trail(), begin("restore", "01"))).isEmpty();

    assertThat(Files.readString(note)).contains("\"end\":" + Files.size(trail().file()));
    assertThat(copies.read().chains().firstEntry().getValue()).hasSize(6);
    assertThat(compared().problems()).isEmpty();
  }

  @Test
  void compare_tailCutOffOrRewritten_isNoticedAgainstTheVault() throws Exception {
    run(3);
    copies.copy(trail(), begin("restore", "01"));
    List<String> lines = trail().lines();
    Files.writeString(trail().file(), String.join("\n", lines.subList(0, 3)) + "\n");
    assertThat(read(trail().lines()).problems()).as("by itself it is whole").isEmpty();

    assertThat(compared().problems())
        .singleElement()
        .asString()
        .contains("cut off behind record 3")
        .contains("6 records");

    fixture.clock().advance(Duration.ofMinutes(5));
    run(2);
    assertThat(compared().problems())
        .anyMatch(problem -> problem.contains("record 4") && problem.contains("copied"));
  }

  @Test
  void compare_trailGone_isAProblem_andANewOneSaysWhosePlaceItTakes() throws Exception {
    run(2);
    copies.copy(trail(), begin("restore", "01"));
    Files.delete(trail().file());
    assertThat(compared().problems()).singleElement().asString().contains("is gone");

    run(1);
    copies.copy(trail(), begin("ls", "05"));

    AuditCheck.Result result = compared();
    assertThat(result.problems()).isEmpty();
    assertThat(result.chains()).hasSize(2);
    assertThat(result.notes()).anyMatch(note -> note.contains("takes the place of chain"));
    assertThat(trail().lines().stream().map(line -> AuditLine.read("", line).record()))
        .anyMatch(record -> record.entry().event() == Event.ANEW);
  }

  @Test
  void differences_ofTwoConfigurations_goByNames() {
    Map<String, ?> before =
        Map.of(
            "datasets",
            List.of(Map.of("name", "crm", "rpo", "26h"), Map.of("name", "old", "rpo", "1h")),
            "regions",
            List.of("a"));
    Map<String, ?> after =
        Map.of(
            "datasets", List.of(Map.of("name", "crm", "rpo", "48h")), "regions", List.of("a", "b"));

    assertThat(Differences.between(Differences.flat(before), Differences.flat(after)))
        .containsExactly(
            new Differences.Difference("datasets[crm].rpo", Optional.of("26h"), Optional.of("48h")),
            new Differences.Difference("datasets[old].name", Optional.of("old"), Optional.empty()),
            new Differences.Difference("datasets[old].rpo", Optional.of("1h"), Optional.empty()),
            new Differences.Difference("regions[1]", Optional.empty(), Optional.of("b")));
  }
}
