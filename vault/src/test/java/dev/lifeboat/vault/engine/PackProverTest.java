package dev.lifeboat.vault.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.chunk.ChunkHasher;
import dev.lifeboat.vault.pack.FrameCodec;
import dev.lifeboat.vault.pack.PackBuilder;
import dev.lifeboat.vault.pack.PackId;
import dev.lifeboat.vault.pack.SealedPack;
import dev.lifeboat.vault.region.ObjectKey;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Packs of several pieces, read once and judged whole. */
class PackProverTest {
  private static final int FRAMES = 6;
  private static final int FRAME_BYTES = 1 << 20;

  private final VaultFixture fixture = VaultFixture.inMemory(1, 1);
  private Vault vault;
  private PackProver prover;

  @BeforeEach
  void open() {
    vault = fixture.open();
    prover = vault.prover(List.of(fixture.tenant()));
  }

  @AfterEach
  void close() {
    prover.close();
    fixture.close();
  }

  @Test
  void prove_soundPack_opensEveryFrameInOneReading() throws Exception {
    SealedPack pack = store(-1);

    long reads = fixture.region(0).reads();
    PackProver.Pack found = find(pack);
    long looked = fixture.region(0).reads();
    PackProof proof =
        found.prove(fixture.region(0), pack.bytes().remaining(), PackProverTest::alone);

    assertThat(proof.isSound()).isTrue();
    assertThat(proof.hash()).contains(pack.id().value());
    assertThat(proof.frames()).isEqualTo(FRAMES);
    assertThat(proof.rawBytes()).isEqualTo((long) FRAMES * FRAME_BYTES);
    assertThat(looked - reads).as("header and footer, to find what is in it").isEqualTo(2);
    assertThat(fixture.region(0).reads() - looked).as("in pieces of 4 MiB").isEqualTo(2);
  }

  @Test
  void prove_withHelp_comesToTheSame() throws Exception {
    SealedPack pack = store(-1);
    List<Thread> helpers = new ArrayList<>();

    PackProof proof =
        find(pack)
            .prove(
                fixture.region(0),
                pack.bytes().remaining(),
                work -> {
                  Thread helper = new Thread(work);
                  helpers.add(helper);
                  helper.start();
                  return helpers.size() % 2 == 0 || joined(helper);
                });

    assertThat(proof.isSound()).isTrue();
    assertThat(proof.frames()).isEqualTo(FRAMES);
    assertThat(helpers).hasSize(2);
  }

  private static boolean joined(Thread helper) {
    try {
      helper.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return true;
  }

  @Test
  void prove_packWhoseWriterWasBroken_namesTheFrame() throws Exception {
    SealedPack pack = store(4);

    PackProof proof =
        find(pack).prove(fixture.region(0), pack.bytes().remaining(), PackProverTest::alone);

    assertThat(proof.hash()).as("stored as it was made").contains(pack.id().value());
    assertThat(proof.bad()).containsOnlyKeys(4);
    assertThat(proof.bad().get(4)).contains("other bytes");
    assertThat(proof.frames()).isEqualTo(FRAMES - 1);
  }

  @Test
  void prove_aBitFlippedAnywhere_isNeverSound() throws Exception {
    SealedPack pack = store(-1);
    ObjectKey key = ObjectKey.of(pack.id());
    byte[] good = fixture.memory(0).read(key);
    PackProver.Pack found = find(pack);
    for (int at : new int[] {20, 60, good.length / 2, good.length - 30, good.length - 6}) {
      byte[] bad = good.clone();
      bad[at] ^= 16;
      fixture.memory(0).tamper(key, bad);

      PackProof proof = found.prove(fixture.region(0), good.length, PackProverTest::alone);

      assertThat(proof.hash().map(PackId::new)).as("byte %d", at).isNotEqualTo(pack.id());
      boolean inAFrame = at == good.length / 2;
      assertThat(proof.isSound()).as("byte %d", at).isFalse();
      if (inAFrame) {
        assertThat(proof.bad()).as("byte %d", at).hasSize(1);
      }
    }
  }

  @Test
  void prove_packThatBecameShorter_hasNoHashAndNamesWhatIsGone() throws Exception {
    SealedPack pack = store(-1);
    ObjectKey key = ObjectKey.of(pack.id());
    byte[] good = fixture.memory(0).read(key);
    PackProver.Pack found = find(pack);
    fixture.memory(0).tamper(key, Arrays.copyOf(good, good.length / 2));

    PackProof listedWhole = found.prove(fixture.region(0), good.length, PackProverTest::alone);
    PackProof listedShort = found.prove(fixture.region(0), good.length / 2, PackProverTest::alone);

    assertThat(listedWhole.hash()).isEmpty();
    assertThat(listedWhole.bad()).containsKey(FRAMES - 1).doesNotContainKey(0);
    assertThat(listedShort.hash()).isNotEqualTo(listedWhole.hash());
    assertThat(listedShort.bad()).containsKey(FRAMES - 1).doesNotContainKey(0);
    assertThat(listedShort.isSound()).isFalse();
  }

  /** Nobody takes work. */
  private static boolean alone(Runnable work) {
    return false;
  }

  private PackProver.Pack find(SealedPack pack) {
    return prover
        .find(List.of(new PackProver.Wanted(pack.id(), pack.bytes().remaining())))
        .getFirst();
  }

  /**
   * @param broken frame that gets the id of something else; −1 for none
   */
  private SealedPack store(int broken) {
    int target = 16 << 20;
    PackBuilder builder =
        new PackBuilder(
            fixture.document().vault(),
            fixture.tenant().write(),
            fixture.random(),
            new byte[PackBuilder.bufferBytes(target)],
            target);
    ChunkHasher hasher = new ChunkHasher(fixture.tenant().write().chunkIdKey());
    try (FrameCodec codec = new FrameCodec(3)) {
      for (int frame = 0; frame < FRAMES; frame++) {
        byte[] raw = VaultFixture.bytes(frame, FRAME_BYTES);
        byte[] id = new byte[Digest.BYTES];
        hasher.hash(raw, 0, raw.length - (frame == broken ? 1 : 0)).value().write(id, 0);
        PackBuilder.Slot slot =
            Objects.requireNonNull(
                builder.reserve(
                    raw.length, raw.length, FrameCodec.RAW, new int[] {raw.length}, id));
        builder.seal(slot, codec, raw, 0, raw.length, false, raw, 0, raw.length, false);
      }
    }
    SealedPack pack = builder.finish();
    vault.regions().put(ObjectKey.of(pack.id()), ByteBuffer.wrap(bytes(pack)));
    return pack;
  }

  private static byte[] bytes(SealedPack pack) {
    byte[] bytes = new byte[pack.bytes().remaining()];
    pack.bytes().duplicate().get(bytes);
    return bytes;
  }
}
