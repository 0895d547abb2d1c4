package dev.lifeboat.cli.wiring;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.config.DatasetSection;
import dev.lifeboat.cli.config.DrillSection;
import dev.lifeboat.sources.Secret;
import dev.lifeboat.sources.postgres.DisposableServer;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** The servers that are given for a drill, with their passwords, which are wiped on closing. */
public final class DrillServers implements AutoCloseable {
  private final Workspace workspace;
  private final Map<String, DisposableServer> servers = new LinkedHashMap<>();

  public DrillServers(Workspace workspace) {
    this.workspace = workspace;
  }

  /** Those of a configured drill. */
  public DrillServers add(List<DrillSection.Server> sections) {
    for (DrillSection.Server section : sections) {
      add(
          section.dataset(),
          URI.create(section.url()),
          () ->
              section
                  .password()
                  .map(from ->
                      workspace.secrets().fetch(from, "password of the drill's " + section.url())));
    }
    return this;
  }

  /**
   * One more.
   *
   * @param password asked for only when nothing else is wrong
   * @throws CliException if it cannot be one, or a dataset is taken from the same address
   */
  public void add(String dataset, URI target, Supplier<Optional<Secret>> password) {
    DisposableServer bare;
    try {
      bare = new DisposableServer(target, Optional.empty());
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
    for (DatasetSection source : workspace.configuration().datasets()) {
      if (source.postgres().filter(one -> bare.isAt(one.host(), one.port())).isPresent()) {
        throw new CliException(
            ExitCode.USAGE,
            "%s is what dataset %s is taken from: nothing is tried out there, and nothing was done"
                .formatted(target, source.id()));
      }
    }
    servers.put(dataset, new DisposableServer(target, password.get()));
  }

  Map<String, DisposableServer> servers() {
    return servers;
  }

  @Override
  public void close() {
    servers.values().forEach(server -> server.password().ifPresent(Secret::close));
    servers.clear();
  }
}
