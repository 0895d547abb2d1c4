package dev.lifeboat.cli.config;

import dev.lifeboat.sources.postgres.DisposableServer;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.verify.drill.CustomCheck;
import dev.lifeboat.verify.drill.Scenario;
import dev.lifeboat.verify.drill.SelfTestPlan;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** One drill. */
public record DrillSection(
    Place at,
    @Doc("What you call it: lifeboat drill NAME.") String name,
    @Doc(
            "Datasets, by name or tenant/name, in the order in which they have to come back; without this all that the regions have, with what datasets need before them.")
        List<String> datasets,
    @Doc(value = "What is supposed to have happened.", fallback = "latest") Scenario scenario,
    @Doc(
            "Regions that are not there: nothing is asked of them, and their credentials are not used.")
        List<RegionName> lost,
    @Doc("The one region that is left; all others are lost.") Optional<RegionName> only,
    @Doc("For random: how old a snapshot may be.") Optional<Duration> window,
    @Doc("For key-shares: files with shares of the recovery kit.") List<Path> shares,
    @Doc(
            value =
                "Whether each run drills the copy whose turn it is, of those that regions hold of these datasets: one never drilled, or the one drilled longest ago. Goes with no scenario and no lost region.",
            fallback = "false")
        boolean rotate,
    @Doc("Checks beside what was sealed at backup time.") List<Check> checks,
    @Doc("Longest time until everything is back and checked; longer is a failure.")
        Optional<Duration> rto,
    @Doc("How much may be lost, as time before the disaster; more is a failure.")
        Optional<Duration> rpo,
    @Doc(
            value =
                "Which runs seed faults into copies afterwards, and fail if one goes unnoticed: those in which it is due (the first; after the time of self-test-within; when datasets, checks, scenario or programs changed), always, or never, which leaves unproven that the drill notices anything.",
            fallback = "when-due")
        SelfTestPlan.When selfTest,
    @Doc(value = "How long a self-test counts.", fallback = "30d") Duration selfTestWithin,
    @Doc(
            "Brings back a random share of the files of directories, for example 5%, and estimates the time for all. A sample passes for itself alone: it needs self-test: never, and does not count as a drill of the dataset.")
        Optional<Percentage> sample,
    @Doc("Where to bring back to, when the state directory has no room.") Optional<Path> scratch,
    @Doc(
            "PostgreSQL servers to bring datasets back to, instead of one that the drill starts itself. They have to be empty, and everything in them is dropped afterwards.")
        List<Server> servers,
    @Doc("When it is due.") Optional<ScheduleSection> schedule) {
  public DrillSection {
    datasets = List.copyOf(datasets);
    lost = List.copyOf(lost);
    shares = List.copyOf(shares);
    checks = List.copyOf(checks);
    servers = List.copyOf(servers);
    if (servers.stream().map(Server::dataset).distinct().count() < servers.size()) {
      throw new IllegalArgumentException("servers: a dataset is there twice");
    }
    if (scenario == Scenario.AT_TIME) {
      throw new IllegalArgumentException(
          "at-time is for the command line: a time that is written down is soon too old");
    }
    if (!lost.isEmpty() && only.isPresent()) {
      throw new IllegalArgumentException("has lost and only; write only one of them");
    }
    if (scenario == Scenario.REGION_LOST && lost.isEmpty() && only.isEmpty()) {
      throw new IllegalArgumentException("region-lost needs lost or only");
    }
    if (scenario != Scenario.RANDOM && window.isPresent()) {
      throw new IllegalArgumentException("window goes with the scenario random");
    }
    if ((scenario == Scenario.KEY_SHARES) == shares.isEmpty()) {
      throw new IllegalArgumentException("the scenario key-shares and shares go together");
    }
    if (sample.isPresent()
        && (selfTest != SelfTestPlan.When.NEVER
            || sample.get().share().compareTo(BigDecimal.ONE) == 0)) {
      throw new IllegalArgumentException(
          "sample is less than 100%, and goes with self-test: never alone, because a fault outside of it is not noticed");
    }
    if (!selfTestWithin.isPositive()) {
      throw new IllegalArgumentException(
          "self-test-within: what counts for no time never counts; write a longer time, or self-test: always");
    }
    if (rotate && (scenario != Scenario.LATEST || !lost.isEmpty() || only.isPresent())) {
      throw new IllegalArgumentException(
          "rotate chooses region and snapshot itself: leave out scenario, lost and only");
    }
  }

  /** A server that is there for drills. */
  public record Server(
      Place at,
      @Doc("The dataset that it is for, by name or tenant/name.") String dataset,
      @Doc("postgres://USER@HOST:PORT, without a password; USER has to be a superuser.") String url,
      @Doc("Its password.") Optional<SecretSource> password) {
    public Server {
      new DisposableServer(URI.create(url), Optional.empty());
    }
  }

  /** A check that you thought of. */
  public record Check(
      Place at,
      @Doc("What it is called in reports.") String name,
      @Doc("The dataset it is about; without this each of the drill.") Optional<String> dataset,
      @Doc(
              value = "A question in SQL; the first column of the first row is the answer.",
              choice = "kind")
          Optional<String> sql,
      @Doc(
              value =
                  "A command for /bin/sh, which passes when it ends with 0; LIFEBOAT_TARGET says where the dataset was brought back to.",
              choice = "kind")
          Optional<String> command,
      @Doc(
              value =
                  "An address of an application that start starts on what was brought back: http://127.0.0.1:PORT/PATH. No other host than this one.",
              choice = "kind")
          Optional<String> http,
      @Doc(
              "For http: a command for /bin/sh that starts the application; it and all that it starts are ended afterwards. LIFEBOAT_TARGET as for command.")
          Optional<String> start,
      @Doc("For http: the status of the answer; 200 when absent.") Optional<Integer> status,
      @Doc("For http: what has to be in the answer.") Optional<String> contains,
      @Doc(
              "For http: how long it may take until the application answers like that; 60s when absent.")
          Optional<Duration> within,
      @Doc("For sql: the database to ask, where there are several.") Optional<String> database,
      @Doc("For sql: the answer.") Optional<String> equal,
      @Doc("For sql: the least number that will do.") Optional<BigDecimal> least,
      @Doc("For sql: the greatest number that will do.") Optional<BigDecimal> most,
      @Doc("For command: what the first line of its output has to be.") Optional<String> output,
      @Doc(value = "For command: how long it may take.", fallback = "10m") Duration timeout) {
    public Check {
      boolean range = least.isPresent() || most.isPresent();
      if (sql.isPresent() && equal.isPresent() == range) {
        throw new IllegalArgumentException(
            "needs the answer that is expected: either equal, or least and most, or one of these");
      }
      if (sql.isEmpty() && (equal.isPresent() || range || database.isPresent())) {
        throw new IllegalArgumentException(
            "equal, least, most and database go with sql; a command has output, and http contains");
      }
      if (command.isEmpty() && output.isPresent()) {
        throw new IllegalArgumentException(
            "output goes with command; sql has equal, and http contains");
      }
      if (http.isPresent() != start.isPresent()) {
        throw new IllegalArgumentException("http and start go together");
      }
      if (http.isEmpty() && (status.isPresent() || contains.isPresent() || within.isPresent())) {
        throw new IllegalArgumentException("status, contains and within go with http");
      }
      http.ifPresent(
          address -> probe(name, dataset, start.orElseThrow(), address, status, contains, within));
    }

    /**
     * The check of an application.
     *
     * @throws IllegalArgumentException if it cannot be done, saying why
     */
    public static CustomCheck.Http probe(
        String name,
        Optional<String> dataset,
        String start,
        String address,
        Optional<Integer> status,
        Optional<String> contains,
        Optional<Duration> within) {
      return new CustomCheck.Http(
          name,
          dataset,
          start,
          URI.create(address),
          status.orElse(200),
          contains,
          within.orElse(Duration.ofSeconds(60)));
    }
  }
}
