package dev.lifeboat.sources.git;

import dev.lifeboat.vault.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;

/** LFS pointers and objects as git-lfs makes them. */
final class Lfs {
  private Lfs() {}

  /** Commits a pointer to a content that lies elsewhere; the id of the object. */
  static String commit(GitWorld world, Path work, String file, String content) throws IOException {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    String oid = HexFormat.of().formatHex(Digest.sha256().digest(bytes));
    Files.writeString(
        work.resolve(".gitattributes"), "*.bin filter=lfs diff=lfs merge=lfs -text\n");
    world.commit(
        work,
        file,
        "version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n"
            .formatted(oid, bytes.length));
    return oid;
  }

  static void put(Path gitDirectory, String oid, byte[] bytes) throws IOException {
    Path file =
        gitDirectory.resolve(
            "lfs/objects/%s/%s/%s".formatted(oid.substring(0, 2), oid.substring(2, 4), oid));
    Files.createDirectories(file.getParent());
    Files.write(file, bytes);
  }
}
