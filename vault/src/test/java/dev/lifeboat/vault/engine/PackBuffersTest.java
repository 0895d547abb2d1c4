package dev.lifeboat.vault.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.snapshot.SnapshotView;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Node;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The memory for packs is shared and bounded, and nothing ever takes it away for good. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class PackBuffersTest {
  private static final EngineSettings ONE =
      EngineSettings.DEFAULT.withPackBytes(1 << 20).withPackBuffers(1);

  @Test
  void take_allGivenOut_waitsForOneThatComesBack() throws Exception {
    PackBuffers buffers = new PackBuffers(1 << 10, 2);
    byte[] first = buffers.take(new Failure());
    byte[] second = buffers.take(new Failure());
    assertThat(second).isNotSameAs(first);
    try (ExecutorService other = Executors.newSingleThreadExecutor()) {
      Future<byte[]> third = other.submit(() -> buffers.take(new Failure()));
      assertThatThrownBy(() -> third.get(50, TimeUnit.MILLISECONDS)).isNotNull();

      buffers.give(first);

      assertThat(third.get()).isSameAs(first);
    }
  }

  @Test
  void take_sessionFailed_throwsInsteadOfWaiting() {
    PackBuffers buffers = new PackBuffers(1 << 10, 1);
    buffers.take(new Failure());
    Failure failure = new Failure();
    failure.set(new VaultException.Conflict("over"));

    assertThatThrownBy(() -> buffers.take(failure)).isInstanceOf(VaultException.Conflict.class);
  }

  @Test
  void abandon_buffersOfAFailedSession_areNeverGivenToAnother() {
    PackBuffers buffers = new PackBuffers(1 << 10, 1);
    byte[] lost = buffers.take(new Failure());

    buffers.abandon(1);

    assertThat(buffers.take(new Failure())).isNotSameAs(lost);
  }

  @Test
  void store_manySnapshotsAtOnceWithOneBuffer_allComeBack() throws Exception {
    try (VaultFixture fixture = VaultFixture.inMemory().with(ONE);
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      Vault vault = fixture.open();
      List<Future<Committed>> written = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        int number = i;
        written.add(threads.submit(() -> write(fixture, vault, number)));
      }
      for (int i = 0; i < 4; i++) {
        Committed committed = written.get(i).get();
        assertThat(committed.durable()).isTrue();
        try (SnapshotView view = vault.open(committed.snapshot(), fixture.tenant());
            InputStream in = view.open(((Node.File) view.list(view.root()).getFirst()).content())) {
          assertThat(in.readAllBytes()).isEqualTo(VaultFixture.bytes(i, 5_000_000));
        }
      }
    }
  }

  @Test
  void close_sessionsThatFailedHalfway_leaveTheMemoryToTheNext() throws Exception {
    try (VaultFixture fixture = VaultFixture.inMemory().with(ONE)) {
      Vault vault = fixture.open();
      for (int i = 0; i < 5; i++) {
        byte[] some = VaultFixture.bytes(100 + i, 3_500_000);
        try (SnapshotWriter writer = begin(fixture, vault, i)) {
          writer.store(new ByteArrayInputStream(some));
        }
      }

      assertThat(write(fixture, vault, 9).durable()).isTrue();
    }
  }

  private static SnapshotWriter begin(VaultFixture fixture, Vault vault, int number) {
    return vault.begin(
        fixture.host(), VaultFixture.TENANT, new DatasetName("set-" + number), "test");
  }

  private static Committed write(VaultFixture fixture, Vault vault, int number) throws IOException {
    try (SnapshotWriter writer = begin(fixture, vault, number)) {
      byte[] bytes = VaultFixture.bytes(number, 5_000_000);
      Content content = writer.store(new ByteArrayInputStream(bytes));
      Content root = writer.storeDirectory(List.of(VaultFixture.file("f", content)));
      return writer.commit(fixture.captured(root, 1, bytes.length));
    }
  }
}
