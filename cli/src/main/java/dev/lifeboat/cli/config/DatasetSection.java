package dev.lifeboat.cli.config;

import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.TenantName;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** One dataset. */
public record DatasetSection(
    Place at,
    @Doc("What you call it.") DatasetName name,
    @Doc(
            value =
                "To whom it belongs: data of different tenants are sealed with different keys and never deduplicated against each other.",
            fallback = "default")
        TenantName tenant,
    @Doc(value = "A directory tree.", choice = "source") Optional<Directory> directory,
    @Doc(value = "Databases of a PostgreSQL server.", choice = "source")
        Optional<Postgres> postgres,
    @Doc(value = "Git repositories.", choice = "source") Optional<Git> git,
    @Doc(value = "An H2 database.", choice = "source") Optional<H2> h2,
    @Doc("How old its newest complete snapshot may become before that is a finding.")
        Optional<Duration> rpo,
    @Doc("Which of its snapshots are kept, instead of what retention says for all.")
        Optional<RetentionSection.OfDataset> retention,
    @Doc("Datasets that have to be back before this one, by name or tenant/name.")
        List<String> needs) {
  public DatasetSection {
    needs = List.copyOf(needs);
  }

  /** The ids of what has to be back before. */
  public List<String> needed() {
    return needs.stream().map(need -> need.contains("/") ? need : tenant + "/" + need).toList();
  }

  /** {@code tenant/name}. */
  public String id() {
    return tenant + "/" + name;
  }

  /** A directory tree. */
  public record Directory(
      Place at,
      @Doc("The directory; what lies below it is stored relative to it.") Path path,
      @Doc("Patterns as in .gitignore, relative to the directory.") List<String> exclude,
      @Doc("Files of such patterns, one a line.") List<Path> excludeFrom,
      @Doc("A directory that holds an entry of such a name is stored with that entry alone.")
          List<String> excludeIfPresent,
      @Doc(
              value =
                  "Whether directories with a valid CACHEDIR.TAG are stored with the tag alone.",
              fallback = "false")
          boolean excludeCaches,
      @Doc(
              value = "Whether directories on other file systems are stored empty.",
              fallback = "false")
          boolean oneFileSystem,
      @Doc("Larger files are left out.") Optional<ByteSize> maxFileSize,
      @Doc(
              value = "Access times of the files that are read: keep them, or let them update.",
              fallback = "keep")
          AccessTimes accessTimes,
      @Doc(
              value =
                  "How many files are read at once; when absent as many as there are processors, and more where reading mostly waits.",
              atLeast = 1)
          Optional<Integer> workers) {
    public Directory {
      exclude = List.copyOf(exclude);
      excludeFrom = List.copyOf(excludeFrom);
      excludeIfPresent = List.copyOf(excludeIfPresent);
    }

    /** What happens to access times. */
    public enum AccessTimes {
      KEEP,
      UPDATE
    }
  }

  /** Databases of a PostgreSQL server. */
  public record Postgres(
      Place at,
      @Doc("Name or address, or the directory of its Unix socket.") String host,
      @Doc(value = "Its port.", fallback = "5432", atLeast = 1) int port,
      @Doc("The role to connect as.") String user,
      @Doc("Its password; absent where the server asks for none.") Optional<SecretSource> password,
      @Doc("The one database to capture.") Optional<String> database,
      @Doc("The databases to capture; without this and database, all of them.")
          List<String> databases,
      @Doc(
              value = "The database to connect to for what concerns the whole server.",
              fallback = "postgres")
          String maintenanceDatabase,
      @Doc(
              "disable, prefer, require, verify-ca or verify-full; when absent verify-full, or prefer over loopback and sockets.")
          Optional<SslMode> sslmode,
      @Doc("Authorities to believe, in PEM.") Optional<Path> sslRootCertificate,
      @Doc("The directory of pg_dump; when absent PATH and /usr/lib/postgresql are searched.")
          Optional<Path> binaries,
      @Doc(value = "How many tables are read at once.", fallback = "2", atLeast = 1)
          int parallelism,
      @Doc("Tables from this size on are read in parallel; when absent 64MiB.")
          Optional<ByteSize> largeTable,
      @Doc(
              "Larger tables are counted but not checksummed, and the expectations say so; when absent 16GiB.")
          Optional<ByteSize> checksumLimit) {
    public Postgres {
      databases = List.copyOf(databases);
      if (database.isPresent() && !databases.isEmpty()) {
        throw new IllegalArgumentException("has database and databases; write only one of them");
      }
    }

    /** The databases to capture; empty for all. */
    public List<String> selected() {
      return database.map(List::of).orElse(databases);
    }

    /** libpq's names. */
    public enum SslMode {
      DISABLE,
      PREFER,
      REQUIRE,
      VERIFY_CA,
      VERIFY_FULL
    }
  }

  /** Git repositories. */
  public record Git(
      Place at,
      @Doc("Repositories by URL: https, ssh or file.") List<String> urls,
      @Doc("Repositories, or directories that hold some.") List<Path> directories,
      @Doc(value = "How many levels below a directory repositories are looked for.", fallback = "4")
          int depth,
      @Doc("User for https.") Optional<String> username,
      @Doc("Password or token for https.") Optional<SecretSource> password,
      @Doc("File with the private key for ssh.") Optional<Path> privateKey,
      @Doc("Passphrase of the private key.") Optional<SecretSource> privateKeyPassphrase,
      @Doc("Host keys of the ssh servers, in OpenSSH's format.") Optional<Path> knownHosts,
      @Doc(value = "Whether objects of Git LFS are backed up too.", fallback = "true") boolean lfs,
      @Doc(value = "After which a server that sends nothing is given up.", fallback = "5m")
          Duration timeout) {
    public Git {
      urls = List.copyOf(urls);
      directories = List.copyOf(directories);
    }
  }

  /** An H2 database. */
  public record H2(
      Place at,
      @Doc("As the JDBC driver takes it, for example jdbc:h2:file:/var/lib/shop/shop.") String url,
      @Doc(value = "A user with administrator rights.", fallback = "sa") String user,
      @Doc("Its password.") Optional<SecretSource> password) {}
}
