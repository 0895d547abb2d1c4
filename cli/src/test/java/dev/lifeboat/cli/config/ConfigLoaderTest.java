package dev.lifeboat.cli.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.lifeboat.verify.drill.SelfTestPlan;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigLoaderTest {
  private static final Path DIRECTORY = Path.of("/etc/lifeboat");

  /** The example of the design: its shape is the contract. */
  private static final String CONTRACT =
      """
      vault:
        home: /var/lib/lifeboat            # state
        kit: /etc/lifeboat/recovery.kit
        passphrase: {file: /run/credentials/kit}
        quorum: 2
        regions:
          - {name: eu-west-2, s3: {bucket: acme-backup, region: eu-west-2, lock: {mode: compliance, days: 30}}}
          - {name: us-east-1, s3: {bucket: acme-backup-us, endpoint: "https://s3.example.net", credentials: {profile: backup}}}
          - {name: cellar, directory: {path: /mnt/cellar}}
      datasets:
        - {name: uploads, tenant: acme, directory: {path: /srv/uploads, exclude: ["*.tmp"]}, rpo: 26h}
        - {name: crm, postgres: {host: db1, database: crm, user: backup, password: {file: /run/credentials/crm}}}
        - {name: sources, git: {urls: ["https://git.example.net/acme/app.git"], directories: [/srv/git]}}
      retention: {daily: 7, weekly: 5, monthly: 12}
      schedules: {nightly: {cron: "0 30 1 * * ?", zone: Europe/London}}
      """;

  private static final String SMALL =
      """
      vault:
        regions:
          - {name: a, directory: {path: /a}}
      """;

  private static Configuration parse(String text) {
    return ConfigLoader.parse("lifeboat.yaml", text, DIRECTORY);
  }

  private static List<String> problems(String text) {
    return catchThrowableOfType(ConfigException.class, () -> parse(text)).problems().stream()
        .map(ConfigException.Problem::toString)
        .toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {name: c, http: "http://127.0.0.1:80/"}                                     | http and start go together
          {name: c, start: x, http: "http://db1:80/"}                                 | is no address of this host alone
          {name: c, start: x, http: "http://127.0.0.1:80/", status: 99}               | is no status of HTTP
          {name: c, start: x, http: "http://127.0.0.1:80/", within: 0s}               | nothing answers in no time
          {name: c, start: x, http: "http://127.0.0.1:80/", equal: 1}                 | equal, least, most and database go with sql
          {name: c, start: x, http: "http://127.0.0.1:80/", output: x}                | output goes with command
          {name: c, command: "true", contains: x}                                     | status, contains and within go with http
          {name: c, command: "true", http: "http://127.0.0.1:80/", start: x}          | write only one of them
          """)
  void parse_checkThatCannotBeDone_isRefusedWithItsLine(String check, String remedy) {
    String text = SMALL + "drills:\n  - name: weekly\n    checks:\n      - %s\n".formatted(check);
    assertThat(problems(text))
        .singleElement()
        .asString()
        .contains("lifeboat.yaml:7")
        .contains(remedy);
  }

  @Test
  void parse_drill_seedsFaultsWhenDueUnlessToldOtherwise() {
    DrillSection drill = parse(SMALL + "drills: [{name: weekly}]").drills().getFirst();
    assertThat(drill.selfTest()).isEqualTo(SelfTestPlan.When.WHEN_DUE);
    assertThat(drill.selfTestWithin()).isEqualTo(Duration.ofDays(30));
    assertThat(problems(SMALL + "drills: [{name: weekly, self-test: true}]"))
        .singleElement()
        .asString()
        .contains("when-due, always, never");
  }

  @Test
  void parse_contract_isUnderstoodInFull() {
    Configuration configuration = parse(CONTRACT);

    assertThat(configuration.vault().regions()).hasSize(3);
    assertThat(
            configuration
                .vault()
                .regions()
                .getFirst()
                .s3()
                .orElseThrow()
                .lock()
                .orElseThrow()
                .days())
        .isEqualTo(30);
    assertThat(configuration.datasets()).hasSize(3);
    DatasetSection uploads = configuration.datasets().getFirst();
    assertThat(uploads.id()).isEqualTo("acme/uploads");
    assertThat(uploads.rpo()).contains(Duration.ofHours(26));
    assertThat(uploads.directory().orElseThrow().exclude()).containsExactly("*.tmp");
    assertThat(configuration.datasets().get(1).id()).isEqualTo("default/crm");
    assertThat(configuration.datasets().get(1).postgres().orElseThrow().selected())
        .containsExactly("crm");
    assertThat(configuration.retention().orElseThrow().weekly()).isEqualTo(5);
    assertThat(configuration.schedules())
        .hasEntrySatisfying(
            "nightly", it -> assertThat(it.zone().getId()).isEqualTo("Europe/London"));
  }

  @Test
  void parse_leastOfAll_hasDefaults() {
    Configuration configuration = parse(SMALL);

    assertThat(configuration.vault().home()).isEqualTo(DIRECTORY.resolve(".lifeboat"));
    assertThat(configuration.vault().effectiveQuorum()).isEqualTo(1);
    assertThat(configuration.night().parallel()).isEqualTo(2);
    assertThat(configuration.retention()).isEmpty();
  }

  @Test
  void load_example_isValid() {
    assertThat(ConfigLoader.load(Path.of("../examples/lifeboat.yaml")).datasets()).hasSize(3);
  }

  @Test
  void parse_manyMistakes_namesAllAtOnceInOrder() {
    assertThat(
            problems(
                """
                vault:
                  quorom: 2
                  passphrase: hunter2
                  regions:
                    - {name: A!, directory: {path: /a}}
                datasets:
                  - {name: x, rpo: soon, directory: {path: /x}}
                """))
        .containsExactly(
            "lifeboat.yaml:2:3: vault.quorom: unknown key; did you mean 'quorum'?",
            "lifeboat.yaml:3:15: vault.passphrase: a secret never stands in this file: write {file: PATH}, {env: NAME} or {command: \"…\"}",
            "lifeboat.yaml:5:14: vault.regions[0].name: region name 'A!': use 1 to 63 of a-z, 0-9, '.', '_', '-', starting with a letter or digit",
            "lifeboat.yaml:7:20: datasets[0].rpo: 'soon' is no duration; write for example 26h, 7d or 1h30m");
  }

  @Test
  void parse_bucketInFull_isUnderstood() {
    Configuration configuration =
        parse(
            CONTRACT.replace(
                "{bucket: acme-backup, region: eu-west-2, lock: {mode: compliance, days: 30}}",
                """
                {bucket: acme-backup, region: eu-west-2, prefix: vault/one, path-style: true, \
                 tls: {minimum: "1.2", ca: ca.pem}, storage-class: {packs: GLACIER_IR}, kms-key: alias/b, \
                 bandwidth: [{limit: 20MiB, from: "08:00", to: "18:00"}, {limit: 100MiB}], \
                 credentials: {command: "vault-s3 --token hunter2", role: "arn:aws:iam::1:role/b", external-id: x}}\
                """));

    S3Section s3 = configuration.vault().regions().getFirst().s3().orElseThrow();
    assertThat(s3.pathStyle()).contains(true);
    assertThat(s3.tls().orElseThrow().ca()).contains(Path.of("/etc/lifeboat/ca.pem"));
    assertThat(s3.bandwidth().getFirst().limit().bytes()).isEqualTo(20 << 20);
    assertThat(s3.bandwidth().getFirst().from()).isEqualTo(LocalTime.of(8, 0));
    assertThat(s3.credentials().orElseThrow().role()).contains("arn:aws:iam::1:role/b");
    String shown = ConfigView.yaml(ConfigView.of(configuration));
    assertThat(shown).contains("from: \"08:00\"").doesNotContain("hunter2");
    assertThat(ConfigView.of(parse(shown))).isEqualTo(ConfigView.of(configuration));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "region: eu-west-2, lock | lock | lacks 'region'",
        "region: eu-west-2 | endpoint: \"http://s3.example.net\" | must begin with https://",
        "region: eu-west-2 | endpoint: \"https://s3.example.net/path\" | without user or password, and without a path",
        "region: eu-west-2 | region: eu-west-2, prefix: ../up | none of which begins with a dot",
        "region: eu-west-2 | region: eu-west-2, tls: {minimum: \"1.1\"} | neither 1.3 nor 1.2",
        "region: eu-west-2 | region: eu-west-2, storage-class: {packs: DEEP_ARCHIVE} | cannot be read at once",
        "region: eu-west-2 | region: eu-west-2, bandwidth: [{limit: 10k}] | at least 256KiB",
        "region: eu-west-2 | region: eu-west-2, bandwidth: [{limit: 1M, from: 8am}] | no time of day",
        "region: eu-west-2 | region: eu-west-2, credentials: {profile: a, command: b} | several ways to sign in",
        "region: eu-west-2 | region: eu-west-2, credentials: {access-key: a} | access-key and secret-key together",
        "region: eu-west-2 | region: eu-west-2, credentials: {external-id: a} | lacks a way to sign in",
        "region: eu-west-2 | region: eu-west-2, credentials: {access-key: a, secret-key: hunter2} | a secret never stands in this file",
      })
  void parse_bucketThatCannotBe_namesLineAndRemedy(String from, String to, String says) {
    assertThat(problems(CONTRACT.replace(from, to)))
        .singleElement()
        .asString()
        .contains("lifeboat.yaml:7:")
        .contains(says);
  }

  @Test
  void parse_sameBucketTwice_isRefused() {
    assertThat(
            problems(
                CONTRACT.replace(
                    "{bucket: acme-backup-us, endpoint: \"https://s3.example.net\", credentials: {profile: backup}}",
                    "{bucket: acme-backup, region: eu-west-2}")))
        .singleElement()
        .asString()
        .contains("is here twice");
  }

  @Test
  void parse_secretInTheFile_isNotRepeated() {
    assertThat(problems(CONTRACT.replace("{file: /run/credentials/crm}", "hunter2")))
        .singleElement()
        .asString()
        .contains("lifeboat.yaml:12:")
        .contains("a secret never stands in this file")
        .doesNotContain("hunter2");
    assertThat(problems(CONTRACT.replace("https://s3.", "https://root:hunter2@s3.")))
        .singleElement()
        .asString()
        .contains("without user or password")
        .doesNotContain("hunter2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          kit: [1]                                  | needs a single value, not a list
          quorum: two                               | 'two' is no whole number
          quorum: 0                                 | 0 is too small: at least 1
          quorum: 2                                 | 2 regions must hold a snapshot, but there are only 1
          kit:                                      | has no value
          kit: ~/kit                                | write out the home directory
          passphrase: {file: /a, env: B}            | has file and env; write only one of them
          passphrase: {}                            | lacks its source: one of file, env, command
          colour: blue                              | unknown key; here belong: home, kit, passphrase
          """)
  void parse_mistakeInVault_saysWhatToDo(String line, String message) {
    assertThat(problems(SMALL + "  " + line + "\n"))
        .singleElement()
        .asString()
        .contains(message)
        .contains("vault");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          datasets: [{name: x}]                                   | lacks its source: one of directory, postgres, git, h2
          datasets: [{directory: {path: /x}}]                     | lacks 'name'
          datasets: {name: x}                                     | needs a list, not a group of keys
          datasets: [{name: x, directory: /x}]                    | needs keys (path, exclude
          retention: {daily: 0}                                   | keeps nothing
          retention: {daily: -1}                                  | -1 is too small
          schedules: {nightly: {cron: "0 0 1 * * ?", zone: Mars}} | 'Mars' is no time zone
          schedules: {hourly: {cron: "0 0 * * * ?"}}              | is no job; there are backup
          night: {verify-budget: lots}                            | 'lots' is no size
          vault: {}                                               | is here twice, first in line 1
          """)
  void parse_mistakeElsewhere_saysWhatToDo(String line, String message) {
    assertThat(problems(SMALL + line + "\n")).anySatisfy(p -> assertThat(p).contains(message));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          n: {job: nightly, cron: "0 0 1 * * ?", jitter: 24h}                      | schedules.n: jitter: 1d is not shorter than the time between two runs, 1d
          n: {job: backup, cron: "0 0 * * * ?", datasets: [y]}                     | schedules.n.datasets: 'y' is no dataset; there are [default/x]
          n: {job: verify, cron: "0 0 1 * * ?", datasets: [x]}                     | schedules.n: datasets goes with the jobs backup and drill
          n: {job: nightly, cron: "0 0 1 * * ?", period: year}                     | schedules.n: period goes with the job evidence
          n: {job: nightly, cron: "0 0 1 * * ?", after: m}                         | schedules.n.after: 'm' has no schedule; there are [n]
          n: {job: nightly, cron: "0 0 1 * * ?", after: n}                         | schedules.n.after: n comes after itself
          n: {job: nightly, cron: "0 0 1 * * ?", max-duration: 0s}                 | schedules.n: max-duration: nothing is done in no time
          n: {job: nightly, cron: "0 0 1 * * ?", misfire: later}                   | schedules.n.misfire: 'later' is none of catch-up, skip
          n: {job: nightly, cron: "0 0 1 * * ?", priority: -1}                     | schedules.n.priority: -1 is too small
          n: {job: nightly, cron: "0 0 1 * * ?", blackout: [{from: "08:00", to: "08:00"}]} | schedules.n.blackout[0]: a blackout from 08:00 to 08:00 has no end
          n: {job: nightly, cron: "0 0 1 * * ?", blackout: [{from: "08:00", to: "09:00", days: [mon]}]} | schedules.n.blackout[0].days[0]: 'mon' is none of monday
          n: {job: nightly, cron: "0 0 1 * * ?", blackout: [{from: "00:00", to: "12:00"}, {from: "12:00", to: "00:00"}]} | schedules.n: blackout: its windows leave no time to run
          n: {job: nightly, cron: "0 0 1 * *"}                                     | schedules.n: cron '0 0 1 * *'
          """)
  void parse_mistakeInASchedule_namesLineKeyAndRemedy(String entry, String message) {
    String text =
        SMALL + "datasets: [{name: x, directory: {path: /x}}]\nschedules:\n  " + entry + "\n";

    assertThat(problems(text))
        .singleElement()
        .asString()
        .startsWith("lifeboat.yaml:6:")
        .contains(message);
  }

  @Test
  void parse_schedulesInACircle_orNamedAlike_areRefused() {
    assertThat(
            problems(
                SMALL
                    + """
                    schedules:
                      nightly: {cron: "0 0 1 * * ?", after: verify}
                      verify: {cron: "0 0 2 * * ?", after: nightly}
                    """))
        .anySatisfy(problem -> assertThat(problem).contains("nightly comes after itself"));
    assertThat(
            problems(
                SMALL
                    + """
                    schedules:
                      "a b": {job: verify, cron: "0 0 1 * * ?"}
                      a-b: {job: verify, cron: "0 0 2 * * ?"}
                    """))
        .anySatisfy(
            problem -> assertThat(problem).contains("too much alike to tell their runs apart"));
  }

  @Test
  void parse_namesTwice_namesBothLines() {
    assertThat(problems(SMALL + "    - {name: a, directory: {path: /b}}\n"))
        .singleElement()
        .asString()
        .isEqualTo(
            "lifeboat.yaml:4:7: vault.regions: 'a' is here twice, first in line 3; rename one");
  }

  @Test
  void parse_brokenYaml_namesThePlace() {
    assertThat(problems("vault:\n  - a\n b\n"))
        .singleElement()
        .asString()
        .startsWith("lifeboat.yaml:3:")
        .contains("not YAML");
  }

  @Test
  void parse_nothing_saysWhatIsMissing() {
    assertThat(problems("")).singleElement().asString().contains("lacks 'vault'");
  }

  @Test
  void load_missingFile_saysSo() {
    assertThat(
            catchThrowableOfType(
                ConfigException.class, () -> ConfigLoader.load(Path.of("/nonexistent.yaml"))))
        .hasMessageContaining("/nonexistent.yaml")
        .hasMessageContaining("there is no such file");
  }

  @Test
  void view_asYaml_readsBackToTheSame() {
    for (String text : List.of(CONTRACT, SMALL)) {
      var view = ConfigView.of(parse(text));
      assertThat(ConfigView.of(parse(ConfigView.yaml(view)))).isEqualTo(view);
    }
  }

  @Test
  void view_command_isMasked() {
    String yaml =
        ConfigView.yaml(
            ConfigView.of(
                parse(SMALL + "  passphrase: {command: \"vault read -token=hunter2\"}\n")));

    assertThat(yaml).contains("(masked)").doesNotContain("hunter2");
  }
}
