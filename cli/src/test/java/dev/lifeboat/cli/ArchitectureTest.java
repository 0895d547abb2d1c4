package dev.lifeboat.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the POMs cannot say about who may use what. */
class ArchitectureTest {
  private static JavaClasses classes;

  @BeforeAll
  static void read() {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            // The fixtures of other modules come as a jar once that is packaged.
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("dev.lifeboat");
  }

  @Test
  void allModules_areLookedAt() {
    for (String module :
        new String[] {"vault", "sources", "restore", "verify", "jobs", "schedules", "cli"}) {
      assertThat(classes.containPackage("dev.lifeboat." + module)).as(module).isTrue();
    }
    assertThat(classes).hasSizeGreaterThan(100);
  }

  @Test
  void imports_runUpwardOnly() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("vault")
        .definedBy("dev.lifeboat.vault..")
        .layer("sources")
        .definedBy("dev.lifeboat.sources..")
        .optionalLayer("restore")
        .definedBy("dev.lifeboat.restore..")
        .optionalLayer("verify")
        .definedBy("dev.lifeboat.verify..")
        .layer("jobs")
        .definedBy("dev.lifeboat.jobs..")
        .optionalLayer("schedules")
        .definedBy("dev.lifeboat.schedules..")
        .layer("cli")
        .definedBy("dev.lifeboat.cli..")
        .whereLayer("cli")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("schedules")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("jobs")
        .mayOnlyBeAccessedByLayers("schedules", "cli")
        .whereLayer("verify")
        .mayOnlyBeAccessedByLayers("jobs", "schedules", "cli")
        .whereLayer("restore")
        .mayOnlyBeAccessedByLayers("verify", "jobs", "schedules", "cli")
        .whereLayer("sources")
        .mayOnlyBeAccessedByLayers("restore", "verify", "jobs", "schedules", "cli")
        .because("the order of the modules is the architecture: docs/architecture.md")
        .check(classes);
  }

  @Test
  void restoring_needsNoSpring() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.lifeboat.jobs..", "dev.lifeboat.schedules..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.springframework..", "org.quartz..")
        .because("a restore must work when the scheduler and its database are the disaster")
        .check(classes);
  }

  @Test
  void postgres_isKnownToItsPackageOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.lifeboat.sources.postgres..", "dev.lifeboat.jobs..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.postgresql..")
        .because("everything about PostgreSQL as a source is in one package")
        .check(classes);
  }

  @Test
  void sources_doNotKnowEachOther() {
    for (String source : new String[] {"directory", "git", "h2", "postgres"}) {
      noClasses()
          .that()
          .resideInAPackage("dev.lifeboat.sources." + source + "..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              Stream.of("git", "h2", "postgres")
                  .filter(other -> !other.equals(source))
                  .map(other -> "dev.lifeboat.sources." + other + "..")
                  .toArray(String[]::new))
          .because("a kind of data comes and goes with its package")
          .check(classes);
    }
  }

  @Test
  void time_comesFromAClock() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.lifeboat.cli")
        .should()
        .callMethod(Instant.class, "now")
        .orShould()
        .callMethod(LocalDate.class, "now")
        .orShould()
        .callMethod(LocalDateTime.class, "now")
        .orShould()
        .callMethod(OffsetDateTime.class, "now")
        .orShould()
        .callMethod(ZonedDateTime.class, "now")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Clock.class, "systemUTC")
        .orShould()
        .callMethod(Clock.class, "systemDefaultZone")
        .because("weeks of nights are simulated in seconds: a Clock is handed in")
        .check(classes);
  }

  @Test
  void randomness_isHandedIn() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.lifeboat.cli")
        .should()
        .callConstructor(SecureRandom.class)
        .orShould()
        .callMethod(SecureRandom.class, "getInstanceStrong")
        .because("tests seed what the entry points draw from the system")
        .check(classes);
  }

  @Test
  void keys_areNeverDrawnFromAPredictableSource() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "dev.lifeboat.vault.seal..", "dev.lifeboat.vault.pack..", "dev.lifeboat.cli..")
        // The company that the demonstration makes up is the same every time, and holds no key.
        .and()
        .haveNameNotMatching("dev\\.lifeboat\\.cli\\.demo\\.Company(Files|Database)")
        .should()
        .callConstructor(Random.class)
        .orShould()
        .callConstructor(Random.class, long.class)
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(ThreadLocalRandom.class)
        .because("java.util.Random can be predicted from a few of its numbers")
        .check(classes);
  }

  @Test
  void processes_endInMainOnly() {
    noClasses()
        .that()
        .doNotHaveFullyQualifiedName("dev.lifeboat.cli.Main")
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .because("only the command line knows exit codes")
        .check(classes);
  }

  @Test
  void standardStreams_belongToTheCommandLine() {
    noClasses()
        .that()
        .resideOutsideOfPackages("dev.lifeboat.cli..", "dev.lifeboat.bench..")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .because("standard output is read by machines")
        .check(classes);
  }
}
