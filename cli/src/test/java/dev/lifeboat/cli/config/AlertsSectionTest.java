package dev.lifeboat.cli.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AlertsSectionTest {
  private static final String VAULT =
      """
      vault:
        regions:
          - {name: north, directory: {path: north}}
      """;

  private static Configuration parse(String text) {
    return ConfigLoader.parse("test.yaml", VAULT + text, Path.of("/etc/lifeboat"));
  }

  @Test
  void everything_isRead_andShownWithoutSecrets() {
    String text =
        """
        alerts:
          name: acme
          channels:
            - {name: mail, email: {host: mail.example.com, user: u, password: {env: P}, from: a@example.com, to: [b@example.com]}}
            - {name: chat, slack: {url: {file: /run/slack}}, details: true}
            - {name: pager, pagerduty: {routing-key: {env: K}}}
            - {name: genie, opsgenie: {api-key: {env: K}, url: "https://api.eu.opsgenie.com"}}
            - {name: teams, teams: {url: {command: "get teams"}}}
            - {name: hook, webhook: {url: "https://hooks.example.com/x", secret: {env: K}}, ca: ca.pem}
            - {name: am, alertmanager: {url: "http://127.0.0.1:9093"}}
            - {name: program, command: {run: [/usr/local/bin/page, now]}, timeout: 30s}
            - {name: log, syslog: {}}
            - {name: far, syslog: {host: log.example.com}}
          routes:
            - {severities: [critical], kinds: [snapshot-late, job-failed], datasets: ["acme/*"], channels: [pager], escalate: [mail], escalate-after: 15m, repeat: 1h, resolved: false}
            - {channels: [chat]}
          quiet: {from: "22:00", to: "07:00", zone: Europe/London}
        heartbeats:
          nightly: {url: {env: CHECK}}
        """;
    Configuration configuration = parse(text);
    AlertsSection alerts = configuration.alerts().orElseThrow();
    assertThat(alerts.channels()).hasSize(10);
    assertThat(alerts.rules().routes()).hasSize(2);
    assertThat(configuration.heartbeats()).containsOnlyKeys("nightly");
    String shown = ConfigView.yaml(ConfigView.of(configuration));
    assertThat(shown).doesNotContain("get teams").contains("(masked)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "alerts: {channels: []}|channels",
        "alerts: {channels: [{name: a}]}|lacks its kind",
        "alerts: {channels: [{name: a, slack: {url: https://x}}]}|never stands in this file",
        "alerts: {channels: [{name: a, webhook: {url: 'http://example.com'}}]}|write https",
        "alerts: {channels: [{name: a, syslog: {}}, {name: a, syslog: {}}]}|twice",
        "alerts: {channels: [{name: A b, syslog: {}}]}|small letters",
        "alerts: {channels: [{name: a, syslog: {host: far.example.com, protocol: udp}}]}|write tls",
        "alerts: {channels: [{name: a, email: {host: h, tls: none, from: a@b, to: [c@d]}}]}|starttls",
        "alerts: {channels: [{name: a, email: {host: h, from: me, to: [c@d]}}]}|no mail address",
        "alerts: {channels: [{name: a, email: {host: h, user: u, from: a@b, to: [c@d]}}]}|go together",
        "alerts: {channels: [{name: a, syslog: {}}], routes: [{channels: [b]}]}|'b' is no channel",
        "alerts: {channels: [{name: a, syslog: {}}], routes: [{channels: [a], kinds: [fire]}]}|'fire' is none",
        "alerts: {channels: [{name: a, syslog: {}}], quiet: {from: '22:00', to: '22:00'}}|never end",
        "alerts: {channels: [{name: a, syslog: {}}], keep-for: 1m}|undeliverable-after",
        "heartbeats: {lunch: {url: {env: X}}}|is no job",
      })
  void whatCannotBe_isRefusedWithItsPlace(String text, String because) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("test.yaml:")
        .hasMessageContaining(because);
  }
}
