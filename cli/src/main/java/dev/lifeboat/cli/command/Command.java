package dev.lifeboat.cli.command;

import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Invocation;
import dev.lifeboat.cli.output.Json;
import dev.lifeboat.cli.output.Table;
import java.util.concurrent.Callable;

/** What commands have in common. */
abstract class Command implements Callable<Integer> {
  private final Invocation invocation;

  Command(Invocation invocation) {
    this.invocation = invocation;
  }

  /** Does it. */
  abstract ExitCode execute() throws Exception;

  @Override
  public final Integer call() throws Exception {
    return execute().code();
  }

  final Invocation invocation() {
    return invocation;
  }

  final boolean json() {
    return invocation.options().json();
  }

  final boolean dryRun() {
    return invocation.options().dryRun();
  }

  final void print(String line) {
    invocation.print(line);
  }

  final void print(Table table) {
    table.lines().forEach(invocation::print);
  }

  final void printJson(Object value) {
    print(Json.write(value));
  }
}
