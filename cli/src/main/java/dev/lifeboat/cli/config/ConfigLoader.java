package dev.lifeboat.cli.config;

import dev.lifeboat.cli.config.ConfigException.Problem;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.verify.drill.DatasetOrder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads a configuration file and refuses it with all problems at once. */
public final class ConfigLoader {
  private ConfigLoader() {}

  /**
   * Reads a file. Relative paths in it are relative to the directory it lies in.
   *
   * @throws ConfigException if it is missing, unreadable, or anything in it is wrong
   */
  public static Configuration load(Path file) {
    String name = file.toString();
    try {
      byte[] bytes = Files.readAllBytes(file);
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      Path parent = file.toAbsolutePath().normalize().getParent();
      return parse(name, text, parent == null ? file.toAbsolutePath() : parent);
    } catch (NoSuchFileException e) {
      throw new ConfigException(
          new Place(name, 1, 1),
          "",
          "there is no such file; examples/lifeboat.yaml is one to copy");
    } catch (CharacterCodingException e) {
      throw new ConfigException(new Place(name, 1, 1), "", "is not UTF-8; save it as UTF-8");
    } catch (IOException e) {
      throw new ConfigException(new Place(name, 1, 1), "", "cannot be read: " + e.getMessage());
    }
  }

  /**
   * Reads text.
   *
   * @param name of the file, for messages
   * @param directory absolute; what relative paths are relative to
   */
  public static Configuration parse(String name, String text, Path directory) {
    List<Problem> problems = new ArrayList<>();
    YamlNode root = new YamlReader(name, problems).read(text);
    Object bound = new Binder(directory, problems).bind(Configuration.class, root, "");
    if (bound instanceof Configuration configuration) {
      check(configuration, problems);
      if (problems.isEmpty()) {
        return configuration;
      }
    }
    problems.sort(
        Comparator.comparingInt((Problem p) -> p.place().line())
            .thenComparingInt(p -> p.place().column()));
    throw new ConfigException(problems);
  }

  /** What no record can see alone. */
  private static void check(Configuration configuration, List<Problem> problems) {
    VaultSection vault = configuration.vault();
    Map<Object, Place> names = new HashMap<>();
    for (RegionSection region : vault.regions()) {
      unique(names, region.name(), region.at(), "vault.regions", problems);
    }
    Map<Object, Place> places = new HashMap<>();
    for (RegionSection region : vault.regions()) {
      region
          .directory()
          .ifPresent(directory ->
              unique(places, directory.path(), directory.at(), "vault.regions", problems));
      region.s3().ifPresent(s3 -> unique(places, s3.place(), s3.at(), "vault.regions", problems));
    }
    Map<Object, Place> datasets = new HashMap<>();
    for (DatasetSection dataset : configuration.datasets()) {
      unique(datasets, dataset.id(), dataset.at(), "datasets", problems);
    }
    if (vault.effectiveQuorum() > vault.regions().size()) {
      problems.add(
          new Problem(
              vault.at(),
              "vault.quorum",
              "%d regions must hold a snapshot, but there are only %d; lower it or add regions"
                  .formatted(vault.effectiveQuorum(), vault.regions().size())));
    }
    checkNeeds(configuration, problems);
    checkDrills(configuration, problems);
    Schedules.check(configuration, problems);
    AlertChecks.check(configuration, problems);
  }

  private static void checkNeeds(Configuration configuration, List<Problem> problems) {
    Map<String, List<String>> needs = new LinkedHashMap<>();
    for (DatasetSection dataset : configuration.datasets()) {
      needs.put(dataset.id(), dataset.needed());
    }
    for (DatasetSection dataset : configuration.datasets()) {
      for (String needed : dataset.needed()) {
        if (!needs.containsKey(needed)) {
          problems.add(
              new Problem(
                  dataset.at(),
                  "datasets.needs",
                  "'%s' is no dataset; there are %s".formatted(needed, needs.keySet())));
        }
      }
    }
    try {
      List<String> _ = DatasetOrder.of(List.copyOf(needs.keySet()), needs);
    } catch (IllegalArgumentException e) {
      problems.add(
          new Problem(
              configuration.datasets().getFirst().at(),
              "datasets.needs",
              String.valueOf(e.getMessage())));
    }
  }

  private static void checkDrills(Configuration configuration, List<Problem> problems) {
    Set<RegionName> regions = new LinkedHashSet<>();
    configuration.vault().regions().forEach(region -> regions.add(region.name()));
    Map<Object, Place> names = new HashMap<>();
    for (DrillSection drill : configuration.drills()) {
      unique(names, drill.name(), drill.at(), "drills", problems);
      Set<RegionName> named = new LinkedHashSet<>(drill.lost());
      drill.only().ifPresent(named::add);
      named.removeAll(regions);
      for (RegionName unknown : named) {
        problems.add(
            new Problem(
                drill.at(),
                "drills",
                "'%s' is no region; there are %s".formatted(unknown, regions)));
      }
      if (drill.lost().containsAll(regions)) {
        problems.add(
            new Problem(
                drill.at(), "drills.lost", "all regions are lost: nothing could come back"));
      }
    }
  }

  private static void unique(
      Map<Object, Place> seen, Object name, Place at, String key, List<Problem> problems) {
    Place first = seen.putIfAbsent(name, at);
    if (first != null) {
      problems.add(
          new Problem(
              at,
              key,
              "'%s' is here twice, first in line %d; rename one".formatted(name, first.line())));
    }
  }
}
