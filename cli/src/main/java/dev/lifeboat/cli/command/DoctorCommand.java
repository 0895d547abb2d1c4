package dev.lifeboat.cli.command;

import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Failure;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.config.ConfigException;
import dev.lifeboat.cli.output.Table;
import dev.lifeboat.cli.wiring.Checkup;
import dev.lifeboat.cli.wiring.Checkup.Check;
import dev.lifeboat.cli.wiring.Workspace;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine;

/** {@code lifeboat doctor}. */
@CommandLine.Command(
    name = "doctor",
    description = {
      "Check everything that a night needs: configuration, permissions, space, regions, clocks, keys, tools.",
      "Exit 1 if something is wrong; warnings alone are exit 0."
    })
public final class DoctorCommand extends Command {
  DoctorCommand(Invocation invocation) {
    super(invocation);
  }

  @Override
  ExitCode execute() {
    List<Check> checks = new ArrayList<>(Checkup.ofProcess());
    try (Workspace workspace = Workspace.open(invocation())) {
      checks.add(Check.ok("configuration", invocation().configFile().toString()));
      checks.addAll(new Checkup(workspace).all());
    } catch (ConfigException e) {
      e.problems().forEach(problem -> checks.add(Check.wrong("configuration", problem.toString())));
    } catch (RuntimeException e) {
      checks.add(Check.wrong("configuration", Failure.of(e).message()));
    }
    boolean wrong = checks.stream().anyMatch(check -> check.verdict() == Checkup.Verdict.WRONG);
    if (json()) {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("healthy", !wrong);
      fields.put(
          "checks",
          checks.stream()
              .map(check -> {
                Map<String, Object> each = new LinkedHashMap<>();
                each.put("subject", check.subject());
                each.put("verdict", check.verdict().name().toLowerCase(Locale.ROOT));
                each.put("detail", check.detail());
                return each;
              })
              .toList());
      printJson(fields);
    } else {
      Table table = new Table("", "CHECK", "");
      checks.forEach(check -> table.row(check.verdict().mark(), check.subject(), check.detail()));
      print(table);
    }
    return wrong ? ExitCode.FAILED : ExitCode.DONE;
  }
}
