package dev.lifeboat.sources.postgres;

import dev.lifeboat.sources.BringBackContext;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Node;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/** Brings one database back, whole or one table of it. */
final class DatabaseRestore {
  /** What can hang on a table and goes with it when it is restored alone. */
  private static final Set<String> PARTS =
      Set.of(
          "TABLE",
          "TABLE ATTACH",
          "DEFAULT",
          "CONSTRAINT",
          "CHECK CONSTRAINT",
          "INDEX",
          "INDEX ATTACH",
          "SEQUENCE",
          "SEQUENCE OWNED BY",
          "STATISTICS",
          "TRIGGER",
          "RULE",
          "POLICY",
          "ROW SECURITY",
          "COMMENT",
          "ACL");

  private final Endpoint endpoint;
  private final Tools tools;
  private final int parallelism;
  private final SnapshotView snapshot;
  private final BringBackContext context;
  private final String database;
  private final Map<String, Node.File> files = new TreeMap<>();
  private final Map<String, Node.File> tables = new TreeMap<>();

  /**
   * Ready to restore.
   *
   * @param directory of the database in the snapshot
   */
  DatabaseRestore(
      Endpoint endpoint,
      Tools tools,
      int parallelism,
      SnapshotView snapshot,
      BringBackContext context,
      String database,
      Node.Directory directory) {
    this.endpoint = endpoint;
    this.tools = tools;
    this.parallelism = parallelism;
    this.snapshot = snapshot;
    this.context = context;
    this.database = database;
    for (Node node : snapshot.list(directory.content())) {
      switch (node) {
        case Node.File file -> files.put(file.name().toString(), file);
        case Node.Directory more -> {
          for (Node table : snapshot.list(more.content())) {
            if (table instanceof Node.File file) {
              tables.put(new String(file.name().toBytes(), StandardCharsets.UTF_8), file);
            }
          }
        }
        case Node.Symlink _, Node.Special _ ->
            throw new IllegalArgumentException(node.name() + " is no part of a database");
      }
    }
  }

  private Node.File file(String name) throws SourceException.Failed {
    Node.File file = files.get(name);
    if (file == null) {
      throw new SourceException.Failed(
          "the snapshot has no %s of database '%s'".formatted(name, database), null);
    }
    return file;
  }

  /**
   * Creates the database and fills it.
   *
   * @param maintenance a database to connect to meanwhile
   * @param extra things that every new database has and this one had not, as {@code SCHEMA public}
   */
  void whole(String maintenance, List<String> extra, boolean tablespaces)
      throws SQLException, IOException, SourceException, InterruptedException {
    Path schema =
        context.scratch().resolve("schema-" + Names.encode(database).hashCode() + ".dump");
    try {
      try (InputStream in = snapshot.open(file(DatabaseCapture.SCHEMA).content())) {
        Files.copy(in, schema);
      }
      List<String> more = tablespaces ? List.of() : List.of("--no-tablespaces");
      context.progress().at("creating " + database);
      List<String> create = new ArrayList<>(List.of("--create", "--section=pre-data"));
      create.addAll(more);
      run(maintenance, create, schema);
      try (Connection session = endpoint.open(database)) {
        for (String thing : extra) {
          SharedSnapshot.execute(session, "DROP " + thing);
        }
      }
      fill();
      context.progress().at("indexing " + database);
      List<String> finish =
          new ArrayList<>(List.of("--section=post-data", "--jobs=" + parallelism));
      finish.addAll(more);
      run(database, finish, schema);
    } finally {
      Files.deleteIfExists(schema);
    }
    context.progress().at("analyzing " + database);
    try (Connection session = endpoint.open(database)) {
      SharedSnapshot.execute(session, "ANALYZE");
    }
  }

  private void fill() throws SQLException, IOException, SourceException, InterruptedException {
    List<Crew.Job> jobs = new ArrayList<>();
    List<Node.File> large = new ArrayList<>(tables.values());
    large.sort((a, b) -> Long.compare(b.bytes(), a.bytes()));
    for (Node.File table : large) {
      // Such an archive has the values of the table's sequences too; those in the other count.
      jobs.add(worker -> feed(worker, table, entry -> entry.description().equals("TABLE DATA")));
    }
    Node.File data = file(DatabaseCapture.DATA);
    jobs.add(worker -> feed(worker, List.of("--section=data"), data));
    Node.File blobs = files.get(DatabaseCapture.BLOBS);
    if (blobs != null) {
      jobs.add(worker -> feed(worker, List.of(), blobs));
    }
    Crew.work(parallelism, jobs, () -> endpoint.open(database));
  }

  /**
   * Restores one table, with what belongs to it and to nothing else.
   *
   * @param into the database that gets it
   * @param options more options of {@code pg_restore}
   * @return what was left out, for people
   */
  List<String> table(String into, String schema, String table, List<String> options)
      throws SQLException, IOException, SourceException, InterruptedException {
    Node.File schemaFile = file(DatabaseCapture.SCHEMA);
    List<ArchiveHead.Entry> all = head(schemaFile).entries();
    TableSelection selection = TableSelection.of(all, schema, table, PARTS);
    if (selection.ids().isEmpty()) {
      throw new SourceException.Refused(
          "the snapshot's database '%s' has no table %s.%s".formatted(database, schema, table));
    }
    Path archive = context.scratch().resolve("schema.dump");
    Path list = context.scratch().resolve("schema.list");
    try {
      try (InputStream in = snapshot.open(schemaFile.content())) {
        Files.copy(in, archive);
      }
      writeList(list, selection.ids());
      String use = "--use-list=" + list;
      List<String> before = new ArrayList<>(List.of("--section=pre-data", use));
      before.addAll(options);
      run(into, before, archive);
      for (String name : selection.tables()) {
        Node.File own = tables.get(name + DatabaseCapture.SUFFIX);
        if (own != null) {
          feedInto(into, own, entry -> entry.description().equals("TABLE DATA"));
        }
      }
      feedInto(into, file(DatabaseCapture.DATA), selection::holds);
      List<String> after = new ArrayList<>(List.of("--section=post-data", use));
      after.addAll(options);
      run(into, after, archive);
    } finally {
      Files.deleteIfExists(archive);
      Files.deleteIfExists(list);
    }
    confirm(into, selection);
    return selection.leftOut();
  }

  /** What was left out of a list by mistake would not fail: so the rows are counted. */
  private void confirm(String into, TableSelection selection)
      throws SQLException, SourceException.Failed {
    String prefix = DatabaseFacts.prefix(database) + "table/";
    try (Connection session = endpoint.open(into)) {
      for (String name : selection.tables()) {
        String expected = snapshot.expectations().facts().get(prefix + name + "/rows");
        int dot = name.indexOf('.');
        String table =
            Names.quote(
                Names.decode(name.substring(0, dot)), Names.decode(name.substring(dot + 1)));
        if (expected != null) {
          String found = SharedSnapshot.single(session, "SELECT count(*) FROM ONLY " + table);
          if (!found.equals(expected)) {
            throw new SourceException.Failed(
                "%s has %s rows in '%s' after restoring, and had %s"
                    .formatted(table, found, into, expected),
                null);
          }
        }
      }
    }
  }

  private static void writeList(Path list, Iterable<Integer> ids) throws IOException {
    StringBuilder text = new StringBuilder();
    ids.forEach(id -> text.append(id).append(";\n"));
    Files.writeString(list, text);
  }

  private ArchiveHead head(Node.File file) throws IOException {
    try (InputStream in = snapshot.open(file.content())) {
      return ArchiveHead.read(new java.io.BufferedInputStream(in, 1 << 16));
    }
  }

  private void feedInto(String into, Node.File file, Predicate<ArchiveHead.Entry> wanted)
      throws IOException, InterruptedException {
    feedSelected(null, into, file, wanted);
  }

  private void feed(Crew.Worker worker, Node.File file, Predicate<ArchiveHead.Entry> wanted)
      throws IOException, InterruptedException {
    feedSelected(worker, database, file, wanted);
  }

  private void feedSelected(
      Crew.@org.jspecify.annotations.Nullable Worker worker,
      String into,
      Node.File file,
      Predicate<ArchiveHead.Entry> wanted)
      throws IOException, InterruptedException {
    List<Integer> ids =
        head(file).entries().stream().filter(wanted).map(ArchiveHead.Entry::id).toList();
    if (ids.isEmpty()) {
      return;
    }
    Path list = Files.createTempFile(context.scratch(), "data", ".list");
    try {
      writeList(list, ids);
      feed(worker, into, List.of("--use-list=" + list), file);
    } finally {
      Files.deleteIfExists(list);
    }
  }

  private void feed(
      Crew.@org.jspecify.annotations.Nullable Worker worker, List<String> what, Node.File file)
      throws IOException, InterruptedException {
    feed(worker, database, what, file);
  }

  /** Streams an archive from the vault into {@code pg_restore}. */
  private void feed(
      Crew.@org.jspecify.annotations.Nullable Worker worker,
      String into,
      List<String> what,
      Node.File file)
      throws IOException, InterruptedException {
    context.progress().at("restoring %s/%s".formatted(database, file.name()));
    Subprocess program = start(into, what);
    try (program;
        InputStream in = snapshot.open(file.content())) {
      if (worker != null) {
        worker.watch(program);
      }
      byte[] buffer = new byte[1 << 17];
      OutputStream out = program.input();
      boolean open = true;
      for (int read = in.read(buffer); open && read >= 0; read = in.read(buffer)) {
        try {
          out.write(buffer, 0, read);
          context.progress().bytes(read);
        } catch (IOException e) {
          // It wants no more: because it has all that it needs, or because it failed. Its exit
          // code tells which.
          open = false;
        }
      }
      try {
        out.close();
      } catch (IOException e) {
        open = false;
      }
      program.finish();
    } finally {
      if (worker != null) {
        worker.unwatch(program);
      }
    }
    context.progress().items(1);
  }

  private void run(String into, List<String> what, Path archive)
      throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(what);
    arguments.add(archive.toString());
    try (Subprocess program = start(into, arguments)) {
      program.input().close();
      program.finish();
    }
  }

  private Subprocess start(String into, List<String> what) throws IOException {
    List<String> arguments = new ArrayList<>();
    arguments.add("--exit-on-error");
    arguments.add("--no-password");
    // Only what the environment holds decides the database, but without this it prints SQL instead
    // of running it; see Endpoint for the name itself, which may look like connection parameters.
    arguments.add("--dbname=" + conninfo(into));
    arguments.addAll(what);
    return Subprocess.start(tools.binary("pg_restore"), arguments, endpoint.environment(into));
  }

  /** As a connection string, in which every name can be quoted. */
  private static String conninfo(String name) {
    return "dbname='" + name.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }
}
