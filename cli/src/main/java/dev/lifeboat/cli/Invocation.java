package dev.lifeboat.cli;

import dev.lifeboat.cli.config.ConfigLoader;
import dev.lifeboat.cli.config.Configuration;
import dev.lifeboat.cli.output.JsonLog;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * One run of the program: its environment and the flags that all commands share. Makes the command
 * objects: a command that has a constructor with an {@code Invocation} gets this one.
 */
public final class Invocation implements CommandLine.IFactory {
  /** Variable that tells a command which run of the service it is. */
  public static final String SERVICE_RUN = "LIFEBOAT_RUN";

  private static final List<String> CONFIG_FILES =
      List.of("lifeboat.yaml", "/etc/lifeboat/lifeboat.yaml");

  private final LifeboatCommand options;
  private final String run;
  private Environment environment;
  private @Nullable Configuration configuration;
  private Predicate<AutoCloseable> keeper = _ -> false;

  Invocation(Environment environment) {
    this(environment, new LifeboatCommand());
  }

  private Invocation(Environment environment, LifeboatCommand options) {
    this.environment = environment;
    this.options = options;
    byte[] id = new byte[8];
    environment.random().nextBytes(id);
    this.run = HexFormat.of().formatHex(id);
  }

  /** From now on messages are JSON. */
  void logJson() {
    Map<String, String> always = new LinkedHashMap<>();
    always.put("run", run);
    String service = environment.variables().get(SERVICE_RUN);
    if (service != null) {
      always.put("service", service);
    }
    environment = environment.withLog(new JsonLog(environment.err(), environment.clock(), always));
  }

  /** Names this run of a command in messages and in the audit trail. */
  public String run() {
    return run;
  }

  /** Another with the same flags and nobody to ask, which reads the configuration anew. */
  public Invocation anew() {
    return new Invocation(environment.unattended(), options);
  }

  public Environment environment() {
    return environment;
  }

  /** The flags that all commands share. */
  public LifeboatCommand options() {
    return options;
  }

  /** A line for people, on standard error, unless they asked for quiet. */
  public void say(String line) {
    if (!options.quiet()) {
      environment.err().println(line);
    }
  }

  /**
   * A line for people, unless they asked for quiet; with what it is about where messages are JSON.
   */
  public void say(String line, Map<String, ?> about) {
    if (environment.err() instanceof JsonLog log) {
      if (!options.quiet()) {
        log.write(JsonLog.Level.INFO, line, about);
      }
    } else {
      say(line);
    }
  }

  /** A message that only programs want to have, and have also if people asked for quiet. */
  public void log(JsonLog.Level level, String message, Map<String, ?> about) {
    if (environment.err() instanceof JsonLog log) {
      log.write(level, message, about);
    }
  }

  /** A line of the result, on standard output. */
  public void print(String line) {
    environment.out().println(line);
  }

  /**
   * A path argument for a file of this host.
   *
   * @throws CliException if it cannot be one
   */
  public Path path(String argument) {
    if (!RawArguments.isUtf8(argument)) {
      throw new CliException(
          ExitCode.USAGE,
          "a path on the command line is not UTF-8; name the file through a directory that is, or a symbolic link");
    }
    try {
      return environment.directory().resolve(argument).normalize();
    } catch (InvalidPathException e) {
      throw new CliException(ExitCode.USAGE, "'%s' is no path".formatted(argument));
    }
  }

  /** The configuration file: as named by {@code --config}, or the first that is there. */
  public Path configFile() {
    String named = options.config();
    if (named != null) {
      return path(named);
    }
    for (String name : CONFIG_FILES) {
      Path candidate = environment.directory().resolve(name);
      if (Files.exists(candidate)) {
        return candidate;
      }
    }
    throw new CliException(
        ExitCode.USAGE,
        "no configuration: neither ./lifeboat.yaml nor /etc/lifeboat/lifeboat.yaml is there; name one with --config FILE (examples/lifeboat.yaml is one to copy)");
  }

  /**
   * The configuration, read once.
   *
   * @throws dev.lifeboat.cli.config.ConfigException if anything in it is wrong
   */
  public Configuration configuration() {
    Configuration read = configuration;
    if (read == null) {
      read = ConfigLoader.load(configFile());
      configuration = read;
    }
    return read;
  }

  /** The state directory: as {@code --home} or the configuration says. */
  public Path home() {
    String named = options.home();
    return named == null ? configuration().vault().home() : path(named);
  }

  /** The words that make another command, typed behind them, quiet and work with the same. */
  public List<String> wordsForAnother() {
    List<String> words = new ArrayList<>(List.of("--config", configFile().toString(), "--quiet"));
    String named = options.home();
    if (named != null) {
      words.addAll(List.of("--home", path(named).toString()));
    }
    return words;
  }

  /** Who may want to keep open, and then closes, what a command closes. */
  public void keeper(Predicate<AutoCloseable> who) {
    keeper = who;
  }

  /** Whether something that would be closed now is to stay open. */
  public boolean keeps(AutoCloseable closing) {
    return keeper.test(closing);
  }

  @Override
  public <K> K create(Class<K> type) throws Exception {
    if (type == LifeboatCommand.class) {
      return type.cast(options);
    }
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      if (List.of(constructor.getParameterTypes()).equals(List.of(Invocation.class))) {
        try {
          constructor.setAccessible(true);
          return type.cast(constructor.newInstance(this));
        } catch (InvocationTargetException e) {
          throw new IllegalStateException("cannot make a " + type, e);
        }
      }
    }
    return CommandLine.defaultFactory().create(type);
  }
}
