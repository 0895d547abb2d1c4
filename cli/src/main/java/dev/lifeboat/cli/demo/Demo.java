package dev.lifeboat.cli.demo;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.Environment;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.cli.Main;
import dev.lifeboat.cli.output.Units;
import dev.lifeboat.vault.Directories;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.eclipse.jgit.api.errors.GitAPIException;
import org.jspecify.annotations.Nullable;

/**
 * Two nights and a disaster in the life of a small company.
 *
 * <p>Every step runs the command that it prints. What comes back is compared with what was there by
 * code that has nothing to do with the restore: bytes of files, rows of tables, refs of
 * repositories.
 */
public final class Demo {
  private static final String MARKER = ".made-by-lifeboat-demo";
  private static final List<String> REPOSITORIES = List.of("website", "billing");

  private final Environment environment;
  private final Path directory;
  private final boolean mayReplace;
  private final boolean withPostgres;
  private final Path company;
  private final List<String> failures = new ArrayList<>();
  private final List<String> proofs = new ArrayList<>();

  /**
   * @param directory where to make everything; {@code null} for the usual place
   * @param withPostgres whether to include PostgreSQL where its programs are found
   */
  public Demo(Environment environment, @Nullable Path directory, boolean withPostgres) {
    this.environment = environment;
    this.directory =
        directory == null ? environment.directory().resolve("lifeboat-demo") : directory;
    this.mayReplace = directory == null;
    this.withPostgres = withPostgres;
    this.company = this.directory.resolve("company");
  }

  /** Runs it all. {@link ExitCode#DONE} only if every comparison found nothing. */
  public ExitCode run() throws IOException, SQLException, GitAPIException, InterruptedException {
    Instant start = environment.clock().instant();
    prepareDirectory();
    boolean root = "root".equals(System.getProperty("user.name"));
    try (DemoPostgres postgres = withPostgres ? DemoPostgres.start(root).orElse(null) : null) {
      say("A small company, in " + company);
      CompanyFiles files = new CompanyFiles(company.resolve("files"));
      CompanyDatabase shop = CompanyDatabase.h2(company.resolve("shop"));
      List<CompanyRepository> repositories =
          REPOSITORIES.stream()
              .map(name -> new CompanyRepository(company.resolve("source/" + name)))
              .toList();
      files.make();
      shop.make();
      for (CompanyRepository repository : repositories) {
        repository.make(25);
      }
      CompanyDatabase crm = crm(postgres);
      print(
          "  customer files with links, holes and odd names; an H2 database; two git repositories; "
              + (crm == null
                  ? "no PostgreSQL, because no server of it could be started here"
                  : "a PostgreSQL database"));
      configure(postgres);

      say("Keys, regions, tenant");
      lifeboat("init");

      say("Night one");
      long before = DemoDirectories.bytes(region("north"));
      lifeboat("nightly");
      long first = DemoDirectories.bytes(region("north")) - before;

      say("A day passes: files edited, made, renamed and deleted, orders placed, code committed");
      files.live();
      shop.live();
      for (CompanyRepository repository : repositories) {
        repository.live();
      }
      if (crm != null) {
        crm.live();
      }
      say("Night two");
      before = DemoDirectories.bytes(region("north"));
      lifeboat("nightly");
      long second = DemoDirectories.bytes(region("north")) - before;
      lifeboat("verify", "--ciphertext");

      List<String> crmRows = crm == null ? List.of() : crm.rows();
      Path kept = destroy(postgres);
      say("The way back, from region south alone");
      restore(kept);
      if (crm != null) {
        restorePostgres(crmRows, root);
      }
      return conclude(first, second, Duration.between(start, environment.clock().instant()));
    }
  }

  private void prepareDirectory() throws IOException {
    if (Files.exists(directory)) {
      if (!mayReplace || !Files.exists(directory.resolve(MARKER))) {
        throw new CliException(
            ExitCode.REFUSED,
            "%s exists; name a directory that does not with --in".formatted(directory));
      }
      Directories.delete(directory);
    }
    Files.createDirectories(directory);
    Files.createFile(directory.resolve(MARKER));
    Files.createDirectory(directory.resolve("regions"));
  }

  private static @Nullable CompanyDatabase crm(@Nullable DemoPostgres postgres)
      throws IOException, SQLException, InterruptedException {
    if (postgres == null || !postgres.createDatabase("crm")) {
      return null;
    }
    CompanyDatabase crm = new CompanyDatabase(postgres.url("crm"), "postgres");
    crm.make();
    return crm;
  }

  private Path config() {
    return directory.resolve("lifeboat.yaml");
  }

  private Path region(String name) {
    return directory.resolve("regions/" + name);
  }

  private void configure(@Nullable DemoPostgres postgres) throws IOException {
    Path passphrase = directory.resolve("passphrase");
    byte[] secret = new byte[16];
    environment.random().nextBytes(secret);
    Files.createFile(
        passphrase,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(passphrase, HexFormat.of().formatHex(secret));
    StringBuilder yaml = new StringBuilder();
    yaml.append(
        """
        vault:
          home: "%1$s/home"
          kit: "%1$s/recovery.kit"
          passphrase: {file: "%1$s/passphrase"}
          quorum: 2
          regions:
            - {name: north, directory: {path: "%1$s/regions/north"}}
            - {name: south, directory: {path: "%1$s/regions/south"}}
        datasets:
          - {name: files, tenant: company, directory: {path: "%1$s/company/files"}}
          - {name: shop, tenant: company, h2: {url: "jdbc:h2:%1$s/company/shop", user: sa}}
          - {name: source, tenant: company, git: {directories: ["%1$s/company/source"]}}
        """
            .formatted(directory.toString().replace("\\", "\\\\").replace("\"", "\\\"")));
    if (postgres != null) {
      yaml.append(
          """
            - {name: crm, tenant: company, postgres: {host: 127.0.0.1, port: %d, database: crm, user: postgres, sslmode: disable}}
          """
              .formatted(postgres.port()));
    }
    yaml.append("retention: {daily: 7, weekly: 5, monthly: 12}\n");
    Files.writeString(config(), yaml);
  }

  private Path destroy(@Nullable DemoPostgres postgres) throws IOException {
    say("The disaster: the company's machine and region north are gone");
    Path kept = directory.resolve("kept-for-comparison");
    Files.move(company, kept);
    Directories.delete(region("north"));
    if (postgres != null) {
      postgres.close();
    }
    print(
        "  %s was moved to %s, which Lifeboat does not know; %s was deleted"
            .formatted(company, kept.getFileName(), region("north")));
    return kept;
  }

  private void restore(Path kept) throws IOException, SQLException {
    Path back = directory.resolve("back");
    lifeboat("restore", "latest", "--dataset", "files", "--to", back + "/files", "--check");
    FileComparison.Result files =
        FileComparison.compare(kept.resolve("files"), back.resolve("files"));
    files.differences().forEach(difference -> failures.add("files: " + difference));
    proofs.add(
        "%s files and directories, %s, byte for byte, with modes, owners, times and links"
            .formatted(Units.count(files.entries()), Units.bytes(files.bytes())));

    lifeboat(
        "restore", "latest", "--dataset", "shop", "--to", "jdbc:h2:" + back + "/shop", "--check");
    compareRows(
        "H2",
        CompanyDatabase.h2(kept.resolve("shop")).rows(),
        CompanyDatabase.h2(back.resolve("shop")).rows());

    lifeboat("restore", "latest", "--dataset", "source", "--to", back + "/source", "--check");
    compareRepositories(kept.resolve("source"), back.resolve("source"));
  }

  private void restorePostgres(List<String> expected, boolean root)
      throws IOException, SQLException, InterruptedException {
    try (DemoPostgres target = DemoPostgres.start(root).orElse(null)) {
      if (target == null) {
        failures.add("PostgreSQL: no second server could be started");
        return;
      }
      lifeboat(
          "restore",
          "latest",
          "--dataset",
          "crm",
          "--to",
          "postgres://postgres@127.0.0.1:" + target.port() + "/",
          "--check");
      compareRows(
          "PostgreSQL", expected, new CompanyDatabase(target.url("crm"), "postgres").rows());
    }
  }

  private void compareRows(String what, List<String> expected, List<String> found) {
    if (!expected.equals(found)) {
      failures.add(
          "%s: %d rows, were %d, or not the same".formatted(what, found.size(), expected.size()));
    }
    proofs.add("%s rows of %s, one by one".formatted(Units.count(expected.size()), what));
  }

  private void compareRepositories(Path expected, Path found) throws IOException {
    for (String name : REPOSITORIES) {
      Path original = expected.resolve(name);
      Path back = found.resolve(name + ".git");
      SortedMap<String, String> refs = new TreeMap<>(CompanyRepository.refs(original));
      Map<String, String> restored = CompanyRepository.refs(back);
      int history = CompanyRepository.history(original);
      if (!refs.equals(restored) || CompanyRepository.history(back) != history) {
        failures.add("repository %s: refs %s, were %s".formatted(name, restored, refs));
      }
      proofs.add(
          "repository %s: %d branches and tags, %d commits".formatted(name, refs.size(), history));
    }
  }

  private ExitCode conclude(long first, long second, Duration took) {
    say(failures.isEmpty() ? "Everything came back" : "NOT everything came back");
    proofs.forEach(proof -> print("  compared: " + proof));
    failures.forEach(failure -> print("  DIFFERENT: " + failure));
    print("");
    print(
        "  night one stored %s in each region, night two added %s"
            .formatted(Units.bytes(first), Units.bytes(second)));
    print("  it all took " + Units.duration(took));
    print("");
    print("  configuration  " + config());
    print(
        "  recovery kit   "
            + directory.resolve("recovery.kit")
            + " (passphrase in the file beside it)");
    print("  region         " + region("south"));
    print("  restored       " + directory.resolve("back"));
    print("  to look around: ./lifeboat --config " + config() + " list");
    return failures.isEmpty() ? ExitCode.DONE : ExitCode.UNPROVEN;
  }

  /** Runs a command in this process; one that fails ends the demo. */
  private void lifeboat(String... arguments) {
    print("  $ lifeboat " + String.join(" ", arguments));
    environment.out().flush();
    List<String> all = new ArrayList<>(List.of("--config", config().toString(), "--quiet"));
    all.addAll(Arrays.asList(arguments));
    ExitCode code = Main.run(indented(), all.toArray(String[]::new));
    if (code != ExitCode.DONE) {
      throw new CliException(
          code,
          "the demo ends here: lifeboat %s ended with %d".formatted(arguments[0], code.code()));
    }
  }

  /** The same world, with results two steps to the right. */
  private Environment indented() {
    return environment.withOut(
        new PrintStream(
            new IndentingStream(environment.out(), "    "), true, StandardCharsets.UTF_8));
  }

  private void say(String headline) {
    print("");
    print("== " + headline);
  }

  private void print(String line) {
    environment.out().println(line);
  }
}
