package dev.lifeboat.cli.output;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Standard error as one JSON object a line. What is printed on it line by line becomes messages;
 * who knows more of what it tells says it with {@link #write(Level, String, Map)}. A line that is
 * one already, of a command that runs inside another, stays as it is.
 */
public final class JsonLog extends PrintStream {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();
  private static final String BEGIN = "{\"time\":\"";
  private static final String OURS = "lifeboat: ";

  private final PrintStream to;
  private final Clock clock;
  private final Map<String, String> always;

  /** How grave a message is. */
  public enum Level {
    /** Where an error came from. */
    DEBUG,
    /** What happens. */
    INFO,
    /** What somebody should know. */
    WARNING,
    /** Why a command fails. */
    ERROR
  }

  /**
   * @param always fields of every message, such as the run
   */
  public JsonLog(PrintStream to, Clock clock, Map<String, String> always) {
    super(new Lines(), false, StandardCharsets.UTF_8);
    this.to = to;
    this.clock = clock;
    this.always = new LinkedHashMap<>(always);
    ((Lines) out).log = this;
  }

  /** Writes a message with what it is about, for example {@code dataset} or {@code region}. */
  public void write(Level level, String message, Map<String, ?> fields) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("time", clock.instant().toString());
    object.put("level", level.name().toLowerCase(Locale.ROOT));
    object.putAll(always);
    object.putAll(fields);
    object.put("message", message);
    to.println(MAPPER.writeValueAsString(object));
    to.flush();
  }

  /** What libraries log to standard error becomes such lines too. */
  public static void formatLibraries(Clock clock) {
    for (Handler handler : Logger.getLogger("").getHandlers()) {
      handler.setFormatter(
          new Formatter() {
            @Override
            public String format(LogRecord record) {
              Map<String, Object> object = new LinkedHashMap<>();
              object.put("time", clock.instant().toString());
              object.put(
                  "level",
                  record.getLevel().intValue() >= java.util.logging.Level.SEVERE.intValue()
                      ? "error"
                      : "warning");
              object.put("logger", record.getLoggerName());
              object.put(
                  "message",
                  formatMessage(record)
                      + (record.getThrown() == null ? "" : ": " + record.getThrown()));
              return MAPPER.writeValueAsString(object) + "\n";
            }
          });
    }
  }

  private void line(String text) {
    // A terminal's way to begin a line anew means nothing here.
    String line = text.replace("\u001b[K", "").replace("\r", "").stripTrailing();
    if (line.isEmpty()) {
      return;
    }
    if (line.startsWith(BEGIN)) {
      to.println(line);
      to.flush();
    } else if (line.startsWith(OURS)) {
      write(Level.ERROR, line.substring(OURS.length()), Map.of());
    } else {
      write(level(line), line, Map.of());
    }
  }

  private static Level level(String line) {
    return line.startsWith("\tat ") || line.startsWith("Caused by: ")
        ? Level.DEBUG
        : line.startsWith("WARNING ")
            ? Level.WARNING
            : line.startsWith("SEVERE ") ? Level.ERROR : Level.INFO;
  }

  /** Cuts what is printed into lines. */
  private static final class Lines extends OutputStream {
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private @Nullable JsonLog log;

    @Override
    public synchronized void write(int b) {
      if (b != '\n') {
        line.write(b);
      } else if (log != null) {
        String text = line.toString(StandardCharsets.UTF_8);
        line.reset();
        log.line(text);
      }
    }
  }
}
