package dev.lifeboat.vault.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lifeboat.vault.Digest;
import dev.lifeboat.vault.VaultException;
import dev.lifeboat.vault.chunk.ChunkId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class TreeCodecTest {
  private static final Attributes PLAIN =
      new Attributes(0644, 1000, 1000, "anna", "staff", 1_700_000_000L, 5, List.of());

  @RepeatedTest(50)
  void decode_anyNodes_givesThemBack(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    List<Node> nodes = randomNodes(random, random.nextInt(60));
    List<Node> shuffled = new ArrayList<>(nodes);
    Collections.shuffle(shuffled, random);

    byte[] encoded = TreeCodec.encode(shuffled);

    assertThat(TreeCodec.decode("d", encoded)).isEqualTo(nodes);
    assertThat(encoded).isEqualTo(TreeCodec.encode(nodes));
  }

  @Test
  void decode_anyFlippedBitOrCut_isDamageOrOtherNodesNeverAnotherException() {
    byte[] encoded = TreeCodec.encode(randomNodes(new Random(7), 12));
    for (int at = 0; at < encoded.length; at++) {
      for (int bit = 0; bit < 8; bit++) {
        byte[] flipped = encoded.clone();
        flipped[at] ^= (byte) (1 << bit);
        try {
          TreeCodec.decode("d", flipped);
        } catch (VaultException.Damaged e) {
          assertThat(e).hasMessageContaining("d is damaged at byte");
        }
      }
      byte[] cut = Arrays.copyOf(encoded, at);
      try {
        TreeCodec.decode("d", cut);
      } catch (VaultException.Damaged e) {
        assertThat(e).hasMessageContaining("d is damaged at byte");
      }
    }
  }

  @Test
  void encode_twoOfOneName_refuses() {
    Node node = new Node.Symlink(Name.of("a"), PLAIN, Bytes.of(new byte[] {'b'}));
    assertThatThrownBy(() -> TreeCodec.encode(List.of(node, node)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("two nodes have the name a");
  }

  @Test
  void decode_unsortedOrRepeated_isDamage() {
    byte[] a = TreeCodec.encode(List.of(new Node.Directory(Name.of("a"), PLAIN, Content.EMPTY)));
    byte[] b = TreeCodec.encode(List.of(new Node.Directory(Name.of("b"), PLAIN, Content.EMPTY)));

    assertThatThrownBy(() -> TreeCodec.decode("directory /x", concat(b, a)))
        .isInstanceOf(VaultException.Damaged.class)
        .hasMessageContaining("directory /x")
        .hasMessageContaining("'a' behind 'b'");
    assertThatThrownBy(() -> TreeCodec.decode("directory /x", concat(a, a)))
        .isInstanceOf(VaultException.Damaged.class);
  }

  @Test
  void decode_forgedNames_isDamage() {
    for (String name : List.of("..", ".", "a/b", "a\0")) {
      byte[] encoded =
          TreeCodec.encode(
              List.of(
                  new Node.Directory(Name.of("x".repeat(name.length())), PLAIN, Content.EMPTY)));
      String hex = HexFormat.of().formatHex(encoded);
      String forged =
          hex.replace(
              HexFormat.of().formatHex("x".repeat(name.length()).getBytes(UTF)),
              HexFormat.of().formatHex(name.getBytes(UTF)));
      assertThat(forged).isNotEqualTo(hex);
      assertThatThrownBy(() -> TreeCodec.decode("d", HexFormat.of().parseHex(forged)))
          .as(name)
          .isInstanceOf(VaultException.Damaged.class);
    }
  }

  @Test
  void encode_knownNode_isTheDocumentedBytes() {
    Node node =
        new Node.Symlink(
            Name.of("l"),
            new Attributes(0777, 1, 2, "", "", 10, 0, List.of()),
            Bytes.of(new byte[] {'t'}));
    // {"g": 2, "k": h'74', "m": 511, "n": h'6c', "s": 10, "t": 2, "u": 1}
    assertThat(HexFormat.of().formatHex(TreeCodec.encode(List.of(node))))
        .isEqualTo(
            "a7"
                + "616702"
                + "616b4174"
                + "616d1901ff"
                + "616e416c"
                + "61730a"
                + "617402"
                + "617501");
  }

  private static final java.nio.charset.Charset UTF = java.nio.charset.StandardCharsets.UTF_8;

  private static byte[] concat(byte[] a, byte[] b) {
    byte[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }

  /** Nodes of every kind, in order of their names. */
  static List<Node> randomNodes(Random random, int count) {
    TreeMap<Name, Node> nodes = new TreeMap<>(Comparator.naturalOrder());
    while (nodes.size() < count) {
      Name name = randomName(random);
      nodes.put(name, randomNode(random, name));
    }
    return new ArrayList<>(nodes.values());
  }

  private static Node randomNode(Random random, Name name) {
    Attributes attributes = randomAttributes(random);
    return switch (random.nextInt(6)) {
      case 0, 1 -> {
        Content content = randomContent(random);
        yield new Node.File(name, attributes, content.bytes(), content, null, randomLink(random));
      }
      case 2 -> {
        long offset = random.nextInt(100_000);
        long data = 1L + random.nextInt(1000);
        Content content = new Content(data, 0, List.of(randomChunk(random)));
        yield new Node.File(
            name,
            attributes,
            offset + data + random.nextInt(5000),
            content,
            List.of(new Extent(offset, data)),
            null);
      }
      case 3 -> new Node.Directory(name, attributes, randomContent(random));
      case 4 -> {
        byte[] target = new byte[random.nextInt(300)];
        random.nextBytes(target);
        yield new Node.Symlink(name, attributes, Bytes.of(target));
      }
      default -> {
        List<Node.Special.Kind> kinds = List.of(Node.Special.Kind.values());
        Node.Special.Kind kind = kinds.get(random.nextInt(kinds.size()));
        boolean device =
            kind == Node.Special.Kind.CHARACTER_DEVICE || kind == Node.Special.Kind.BLOCK_DEVICE;
        yield new Node.Special(
            name,
            attributes,
            kind,
            device ? random.nextInt(1 << 20) : 0,
            device ? random.nextInt(1 << 20) : 0,
            randomLink(random));
      }
    };
  }

  private static Name randomName(Random random) {
    byte[] bytes = new byte[1 + random.nextInt(random.nextInt(20) == 0 ? 255 : 12)];
    for (int i = 0; i < bytes.length; i++) {
      do {
        bytes[i] = (byte) random.nextInt(256);
      } while (bytes[i] == 0 || bytes[i] == '/' || bytes[i] == '.');
    }
    return Name.of(bytes);
  }

  private static Attributes randomAttributes(Random random) {
    List<Xattr> xattrs = new ArrayList<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      byte[] value = new byte[random.nextInt(40)];
      random.nextBytes(value);
      xattrs.add(new Xattr("user." + i, Bytes.of(value)));
    }
    return new Attributes(
        random.nextInt(010000),
        random.nextLong(1L << 32),
        random.nextLong(1L << 32),
        random.nextBoolean() ? "" : "ünal",
        random.nextBoolean() ? "" : "group",
        random.nextLong(),
        random.nextBoolean() ? 0 : random.nextInt(1_000_000_000),
        xattrs);
  }

  private static Content randomContent(Random random) {
    int chunks = random.nextInt(5);
    List<ChunkId> ids = new ArrayList<>();
    for (int i = 0; i < chunks; i++) {
      ids.add(randomChunk(random));
    }
    return chunks == 0
        ? Content.EMPTY
        : new Content(1 + random.nextInt(Integer.MAX_VALUE - 1), random.nextInt(4), ids);
  }

  private static ChunkId randomChunk(Random random) {
    return new ChunkId(
        new Digest(random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong()));
  }

  private static Node.@Nullable LinkGroup randomLink(Random random) {
    return random.nextInt(4) == 0 ? new Node.LinkGroup(random.nextLong(), random.nextLong()) : null;
  }
}
