package dev.lifeboat.sources.postgres;

import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Progress;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Captures one database at one instant:
 *
 * <pre>
 * schema.dump                     how everything is made, sections pre-data and post-data
 * data.dump                       rows of all other tables, values of sequences
 * blobs.dump                      large objects, if there are any
 * tables/&lt;schema&gt;.&lt;table&gt;.dump    rows of one large table
 * </pre>
 *
 * Whatever {@code pg_dump} counts as data and is not the rows of a large table or a large object is
 * in {@code data.dump}, so that nothing depends on our knowing of it.
 */
final class DatabaseCapture {
  static final String SCHEMA = "schema.dump";
  static final String DATA = "data.dump";
  static final String BLOBS = "blobs.dump";
  static final String TABLES = "tables";
  static final String SUFFIX = ".dump";

  private static final int MAX_NAME_BYTES = 255;
  private static final Attributes FILE = Attributes.synthetic(0600);
  private static final Pattern SETVAL =
      Pattern.compile("setval\\('.*', (-?\\d+), (true|false)\\)", Pattern.DOTALL);

  private final Endpoint endpoint;
  private final Tools tools;
  private final PostgresSettings settings;
  private final CaptureContext context;
  private final String database;
  private final DatabaseFacts facts;
  private final List<Node> files = Collections.synchronizedList(new ArrayList<>());
  private final List<Node> tableFiles = Collections.synchronizedList(new ArrayList<>());
  private final AtomicLong bytes = new AtomicLong();

  DatabaseCapture(
      Endpoint endpoint,
      Tools tools,
      PostgresSettings settings,
      CaptureContext context,
      String database) {
    this.endpoint = endpoint;
    this.tools = tools;
    this.settings = settings;
    this.context = context;
    this.database = database;
    this.facts = new DatabaseFacts(database);
  }

  /**
   * What came of it.
   *
   * @param directories how many directories it takes
   */
  record Result(
      Node.Directory directory, DatabaseFacts facts, int files, int directories, long bytes) {}

  /** Captures it; the snapshot is let go in any case. */
  Result capture() throws SQLException, IOException, SourceException, InterruptedException {
    try (SharedSnapshot snapshot = SharedSnapshot.take(endpoint, database)) {
      Connection session = snapshot.connection();
      facts.catalogue(session);
      boolean utf8 = SharedSnapshot.single(session, "SHOW server_encoding").equals("UTF8");
      boolean blobs =
          SharedSnapshot.single(session, "SELECT EXISTS (SELECT FROM pg_largeobject_metadata)")
              .equals("t");
      List<DatabaseFacts.Table> tables = new ArrayList<>(facts.tables(session));
      tables.sort(Comparator.comparingLong(DatabaseFacts.Table::bytes).reversed());
      List<DatabaseFacts.Table> large =
          tables.stream().filter(table -> isLarge(table, utf8)).toList();

      List<Crew.Job> jobs = new ArrayList<>();
      for (DatabaseFacts.Table table : large) {
        jobs.add(worker ->
            tableFiles.add(
                dump(
                    worker,
                    snapshot,
                    table.key() + SUFFIX,
                    List.of("--data-only", "--strict-names", "--table=" + pattern(table)))));
      }
      jobs.add(worker -> files.add(rest(worker, snapshot, large)));
      jobs.add(worker ->
          // Not --schema-only, which would leave out that materialized views are to be filled.
          files.add(
              dump(
                  worker,
                  snapshot,
                  SCHEMA,
                  List.of("--section=pre-data", "--section=post-data", "--create", "--no-blobs"))));
      if (blobs) {
        // Leaving out all schemas leaves the large objects, with owners and comments.
        jobs.add(worker ->
            files.add(
                dump(
                    worker,
                    snapshot,
                    BLOBS,
                    List.of("--data-only", "--blobs", "--exclude-schema=*"))));
      }
      jobs.add(worker -> largeObjects(worker, snapshot));
      for (DatabaseFacts.Table table : tables) {
        boolean checksummed = table.bytes() <= settings.checksumLimitBytes();
        if (!checksummed) {
          facts.checksumSkipped(table, settings.checksumLimitBytes());
        }
        jobs.add(worker -> {
          context.progress().at("counting " + database + "/" + table.key());
          facts.table(worker.session(), table, checksummed);
          context.progress().items(1);
        });
      }
      Crew.work(settings.parallelism(), jobs, snapshot::open);
      // Had the session died in the meantime, nothing would have kept tables from being emptied.
      snapshot.confirm();
    }
    int count = files.size() + tableFiles.size();
    int directories = 1;
    if (!tableFiles.isEmpty()) {
      directories++;
      files.add(
          new Node.Directory(
              Name.of(TABLES),
              Attributes.synthetic(0700),
              context.sink().storeDirectory(List.copyOf(tableFiles))));
    }
    Node.Directory directory =
        new Node.Directory(
            Name.of(Names.encode(database)),
            Attributes.synthetic(0700),
            context.sink().storeDirectory(List.copyOf(files)));
    return new Result(directory, facts, count, directories, bytes.get());
  }

  private boolean isLarge(DatabaseFacts.Table table, boolean utf8) {
    String name = table.schema() + table.name();
    return table.bytes() >= settings.largeTableBytes()
        // The program takes patterns in the encoding of the database, and names of files are short.
        && (utf8 || Names.isAscii(name))
        && (table.key() + SUFFIX).getBytes(StandardCharsets.UTF_8).length <= MAX_NAME_BYTES;
  }

  private static String pattern(DatabaseFacts.Table table) {
    return Names.quote(table.schema(), table.name());
  }

  /** Everything that is data, without what has an archive of its own. */
  private Node rest(Crew.Worker worker, SharedSnapshot snapshot, List<DatabaseFacts.Table> large)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of("--data-only", "--no-blobs"));
    large.forEach(table -> arguments.add("--exclude-table-data=" + pattern(table)));
    return dump(worker, snapshot, DATA, arguments);
  }

  private Node dump(Crew.Worker worker, SharedSnapshot snapshot, String name, List<String> what)
      throws IOException, InterruptedException {
    context.progress().at("dumping " + database + "/" + name);
    List<String> arguments = new ArrayList<>();
    arguments.add("--format=custom");
    // The vault compresses, and what is compressed here would not deduplicate there.
    arguments.add("--compress=0");
    arguments.add("--no-password");
    arguments.add("--lock-wait-timeout=20s");
    arguments.add("--snapshot=" + snapshot.id());
    arguments.addAll(what);
    Subprocess program =
        Subprocess.start(tools.binary("pg_dump"), arguments, endpoint.environment(database));
    try (program) {
      worker.watch(program);
      program.input().close();
      InputStream output = program.output();
      ArchiveHead head = ArchiveHead.read(output);
      if (name.equals(DATA)) {
        // A sequence knows no snapshots. What counts is the value that will be restored.
        head.entries().forEach(this::sequence);
      }
      Content content =
          context.sink().store(new Counting(head.followedBy(output), context.progress()));
      // The stream has ended, so the program has too, and well: see Subprocess.
      program.finish();
      bytes.addAndGet(content.bytes());
      return new Node.File(Name.of(name), FILE, content.bytes(), content, null, null);
    } finally {
      worker.unwatch(program);
    }
  }

  private void sequence(ArchiveHead.Entry entry) {
    if (entry.description().equals("SEQUENCE SET")) {
      Matcher matcher = SETVAL.matcher(entry.definition());
      if (!matcher.find()) {
        throw new IllegalStateException(
            "pg_dump sets sequence %s in a way that is not understood: %s"
                .formatted(entry.tag(), entry.definition()));
      }
      facts.sequence(entry.namespace(), entry.tag(), matcher.group(1) + "," + matcher.group(2));
    }
  }

  private void largeObjects(Crew.Worker worker, SharedSnapshot snapshot) throws SQLException {
    long size =
        Long.parseLong(
            SharedSnapshot.single(
                worker.session(), "SELECT pg_table_size('pg_catalog.pg_largeobject')"));
    if (size > settings.checksumLimitBytes()) {
      facts.largeObjects(worker.session(), false);
      facts.largeObjectsSkipped(
          "%d bytes are more than the limit of %d: counted only"
              .formatted(size, settings.checksumLimitBytes()));
      return;
    }
    // In a session of its own: one larger than a value can be makes the query fail, no more.
    try (Connection own = snapshot.open()) {
      facts.largeObjects(own, true);
    } catch (SQLException e) {
      facts.largeObjects(worker.session(), false);
      facts.largeObjectsSkipped("counted only: " + e.getMessage());
    }
  }

  /** Tells of the bytes that pass. */
  private static final class Counting extends FilterInputStream {
    private final Progress progress;

    Counting(InputStream in, Progress progress) {
      super(in);
      this.progress = progress;
    }

    @Override
    public int read() throws IOException {
      int value = in.read();
      if (value >= 0) {
        progress.bytes(1);
      }
      return value;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      int read = in.read(into, offset, length);
      if (read > 0) {
        progress.bytes(read);
      }
      return read;
    }
  }
}
