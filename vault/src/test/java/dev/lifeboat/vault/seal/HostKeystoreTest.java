package dev.lifeboat.vault.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostKeystoreTest {
  private static final TenantName ACME = new TenantName("acme");

  private final SealFixture fixture = new SealFixture();

  @TempDir private Path folder;
  private Path file;
  private HostKeystore keystore;

  @BeforeEach
  void save() throws IOException {
    file = folder.resolve(HostKeystore.FILE_NAME);
    keystore =
        new HostKeystore(
            new WriterName("host-1"),
            new SigningKey(fixture.writer.exposeSeed().copy()),
            fixture.document);
    keystore.add(fixture.tenant.write());
    try (TenantReadKeys next = TenantKeys.rotate(fixture.tenant.write(), fixture.random)) {
      keystore.add(next.write());
    }
    keystore.save(file);
  }

  @AfterEach
  void close() {
    keystore.close();
    fixture.close();
  }

  @Test
  void load_whatSaveWrote_isTheSame() throws IOException {
    try (HostKeystore loaded = HostKeystore.load(file)) {
      assertThat(loaded.writer()).isEqualTo(keystore.writer());
      assertThat(loaded.signingKey().verifyKey()).isEqualTo(fixture.writer.verifyKey());
      assertThat(loaded.vault()).isEqualTo(fixture.kit.vault());
      assertThat(loaded.root()).isEqualTo(fixture.kit.rootKey().verifyKey());
      assertThat(loaded.documentGeneration()).isEqualTo(2);
      assertThat(loaded.tenants()).containsExactly(ACME);
      assertThat(loaded.generations(ACME)).hasSize(2);
      assertThat(loaded.generations(ACME).getFirst().sameAs(fixture.tenant.write())).isTrue();
      assertThat(loaded.newest(ACME).map(TenantWriteKeys::generation)).contains(2);
      assertThat(loaded.newest(new TenantName("other"))).isEmpty();
      assertThat(loaded.generations(new TenantName("other"))).isEmpty();
    }
  }

  @Test
  void save_always_holdsNoPrivateKeyOfATenant() throws IOException {
    SealFixture.assertHides(Files.readString(file), fixture.tenant.privateKey());
    SealFixture.assertHides(Files.readString(file), fixture.kit.exposeSecret());
    SealFixture.assertHides(Files.readString(file), fixture.kit.privateKey());
    SealFixture.assertHides(Files.readString(file), fixture.kit.rootKey().exposeSeed());
  }

  @Test
  void save_always_isForTheOwnerOnly() throws IOException {
    keystore.saw(fixture.document.withoutWriter(keystore.writer(), SealFixture.NOW));
    keystore.save(file);

    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files)
          .isNotEmpty()
          .allSatisfy(each ->
              assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each)))
                  .isEqualTo("rw-------"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"rw-r-----", "rw----r--", "rw--w----", "rw-----w-", "rwx--x---", "rwxr-xr-x"})
  void load_openToOthers_isRefusedWithTheRemedy(String permissions) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));

    assertThatThrownBy(() -> HostKeystore.load(file))
        .isInstanceOf(VaultException.KeyUnavailable.class)
        .hasMessageContaining(permissions)
        .hasMessageContaining("run: chmod 600 " + file);
  }

  @Test
  void load_missing_isKeyUnavailable() {
    assertThatThrownBy(() -> HostKeystore.load(folder.resolve("none")))
        .isInstanceOf(VaultException.KeyUnavailable.class)
        .hasMessageContaining("none does not exist");
  }

  @Test
  void load_anyByteFlipped_isRefused() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    for (int at = 0; at < bytes.length; at++) {
      Files.write(file, SealFixture.flipped(bytes, at));

      assertThatThrownBy(() -> HostKeystore.load(file))
          .as("byte %d", at)
          .isInstanceOfAny(VaultException.Damaged.class, VaultException.UnsupportedFormat.class)
          .hasMessageContaining(file.toString());
    }
  }

  @Test
  void load_truncatedAnywhere_isDamaged() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    for (int length = 0; length < bytes.length; length += 101) {
      Files.write(file, Arrays.copyOf(bytes, length));

      assertThatThrownBy(() -> HostKeystore.load(file)).isInstanceOf(VaultException.Damaged.class);
    }
  }

  @Test
  void load_laterVersion_namesBoth() throws IOException {
    Files.writeString(file, Files.readString(file).replace("\"version\" : 1", "\"version\" : 9"));

    assertThatThrownBy(() -> HostKeystore.load(file))
        .isInstanceOf(VaultException.UnsupportedFormat.class)
        .hasMessageContaining("has format version 9; this program reads version 1");
  }

  @Test
  void load_damagedMember_quotesNoSecret() throws IOException {
    String seed = Json.parse(Files.readAllBytes(file), "it").text("seed");
    Files.writeString(file, Files.readString(file).replace(seed, seed + "\u0001"));

    assertThatThrownBy(() -> HostKeystore.load(file))
        .isInstanceOf(VaultException.Damaged.class)
        .hasMessageNotContaining(seed.substring(0, 8))
        .hasNoCause();
  }

  @Test
  void save_afterACrashLeftItsTemporaryFile_sweepsItUp() throws IOException {
    Path leftover = folder.resolve(".host.keys.new");
    Files.writeString(leftover, "half a keyst");

    try (HostKeystore loaded = HostKeystore.load(file)) {
      assertThat(loaded.tenants()).containsExactly(ACME);
      loaded.saw(fixture.document.withoutWriter(loaded.writer(), SealFixture.NOW));
      loaded.save(file);
    }
    assertThat(leftover).doesNotExist();
    try (HostKeystore loaded = HostKeystore.load(file)) {
      assertThat(loaded.documentGeneration()).isEqualTo(3);
    }
  }

  @Test
  void save_folderGone_failsAndLeavesTheOldFile() throws IOException {
    Path elsewhere = folder.resolve("gone").resolve(HostKeystore.FILE_NAME);

    assertThatThrownBy(() -> keystore.save(elsewhere)).isInstanceOf(IOException.class);
    HostKeystore.load(file).close();
  }

  @Test
  void save_newKeystoreOverAnother_conflictsAndLeavesIt() throws IOException {
    byte[] before = Files.readAllBytes(file);
    try (HostKeystore another =
        new HostKeystore(
            new WriterName("host-2"), SigningKey.generate(fixture.random), fixture.document)) {
      assertThatThrownBy(() -> another.save(file))
          .isInstanceOf(VaultException.Conflict.class)
          .hasMessageContaining(file + " exists already");
    }
    assertThat(file).hasBinaryContent(before);
  }

  @Test
  void save_changedMeanwhile_conflictsSoThatNoTenantIsLost() throws IOException {
    try (HostKeystore one = HostKeystore.load(file);
        HostKeystore two = HostKeystore.load(file);
        TenantReadKeys first = TenantKeys.create(new TenantName("first"), fixture.random);
        TenantReadKeys second = TenantKeys.create(new TenantName("second"), fixture.random)) {
      one.add(first.write());
      two.add(second.write());
      one.save(file);

      assertThatThrownBy(() -> two.save(file))
          .isInstanceOf(VaultException.Conflict.class)
          .hasMessageContaining("changed by another process");
    }
    try (HostKeystore loaded = HostKeystore.load(file)) {
      assertThat(loaded.tenants()).containsExactly(ACME, new TenantName("first"));
    }
  }

  @Test
  void save_byManyAtOnce_oneWinsAndTheFileIsWhole() throws Exception {
    List<HostKeystore> all =
        IntStream.range(0, 8)
            .mapToObj(i -> {
              HostKeystore each = reload();
              try (TenantReadKeys keys =
                  TenantKeys.create(new TenantName("tenant-" + i), fixture.random)) {
                each.add(keys.write());
              }
              return each;
            })
            .toList();
    int saved = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<Boolean>> results =
          all.stream()
              .map(each ->
                  threads.submit(() -> {
                    try {
                      each.save(file);
                      return true;
                    } catch (VaultException.Conflict e) {
                      return false;
                    }
                  }))
              .toList();
      for (Future<Boolean> result : results) {
        saved += result.get() ? 1 : 0;
      }
    }
    all.forEach(HostKeystore::close);

    assertThat(saved).isEqualTo(1);
    try (HostKeystore loaded = HostKeystore.load(file)) {
      assertThat(loaded.tenants()).hasSize(2);
    }
  }

  @Test
  void saw_newerDocument_isRemembered() throws IOException {
    VaultDocument newer = fixture.document.withoutWriter(keystore.writer(), SealFixture.NOW);
    keystore.saw(newer);
    keystore.save(file);

    try (HostKeystore loaded = HostKeystore.load(file)) {
      assertThatThrownBy(() -> loaded.saw(fixture.document))
          .isInstanceOf(VaultException.Untrusted.class)
          .hasMessageContaining("generation 3 has been seen");
      loaded.saw(newer);
      assertThat(loaded.documentGeneration()).isEqualTo(3);
    }
  }

  @Test
  void saw_documentOfAnotherRoot_isUntrusted() {
    try (RecoveryKit other = RecoveryKit.generate(fixture.random);
        RecoveryKit sameVault =
            RecoveryKit.fromSecret(fixture.kit.vault(), other.exposeSecret().copy())) {
      assertThatThrownBy(() -> keystore.saw(VaultDocument.create(sameVault, SealFixture.NOW)))
          .isInstanceOf(VaultException.Untrusted.class)
          .hasMessageContaining(keystore.root().toString());
    }
  }

  @Test
  void saw_documentOfAnotherVault_isUntrusted() {
    try (RecoveryKit other =
        RecoveryKit.fromSecret(VaultId.random(fixture.random), fixture.kit.exposeSecret().copy())) {
      VaultDocument foreign =
          VaultDocument.decode(
              VaultDocument.create(other, SealFixture.NOW).encode(other.rootKey()),
              Optional.of(keystore.root()));

      assertThatThrownBy(() -> keystore.saw(foreign))
          .isInstanceOf(VaultException.Untrusted.class)
          .hasMessageContaining("is of vault " + other.vault());
    }
  }

  @Test
  void add_again_changesNothingUnlessKeysDiffer() {
    keystore.add(fixture.tenant.write());
    assertThat(keystore.generations(ACME)).hasSize(2);

    try (TenantReadKeys other = TenantKeys.create(ACME, fixture.random);
        TenantReadKeys otherSecond = TenantKeys.rotate(fixture.tenant.write(), fixture.random)) {
      assertThatThrownBy(() -> keystore.add(other.write()))
          .isInstanceOf(VaultException.Conflict.class)
          .hasMessageContaining(other.write().id().hex());
      assertThatThrownBy(() -> keystore.add(otherSecond.write()))
          .isInstanceOf(VaultException.Conflict.class)
          .hasMessageContaining("generation 2");
    }
  }

  @Test
  void remove_tenant_wipesAndForgetsIt() throws IOException {
    byte[] index = keystore.newest(ACME).orElseThrow().indexKey().exposeSecret();

    keystore.remove(ACME);
    keystore.save(file);

    SealFixture.assertWiped(index);
    try (HostKeystore loaded = HostKeystore.load(file)) {
      assertThat(loaded.tenants()).isEmpty();
    }
    assertThatThrownBy(() -> keystore.remove(ACME)).isInstanceOf(VaultException.NotFound.class);
  }

  @Test
  void close_always_wipesEverySecret() {
    TenantWriteKeys keys = keystore.newest(ACME).orElseThrow();
    List<byte[]> secrets =
        List.of(
            keystore.signingKey().exposeSeed().exposeSecret(),
            keys.chunkIdKey().exposeSecret(),
            keys.indexKey().exposeSecret(),
            keys.nameKey().exposeSecret());

    keystore.close();

    secrets.forEach(SealFixture::assertWiped);
    // It had copies of its own.
    assertThat(fixture.tenant.write().nameKey().exposeSecret()).isNotEqualTo(new byte[32]);
  }

  @Test
  void toString_always_isRedacted() {
    assertThat(keystore)
        .hasToString(
            "HostKeystore[of host-1 in vault %s, redacted]".formatted(fixture.kit.vault()));
  }

  private HostKeystore reload() {
    try {
      return HostKeystore.load(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
