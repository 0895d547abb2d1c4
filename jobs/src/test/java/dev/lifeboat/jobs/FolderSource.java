package dev.lifeboat.jobs;

import dev.lifeboat.sources.CaptureContext;
import dev.lifeboat.sources.Source;
import dev.lifeboat.sources.SourceException;
import dev.lifeboat.vault.snapshot.Captured;
import dev.lifeboat.vault.snapshot.Expectations;
import dev.lifeboat.vault.snapshot.Problem;
import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Content;
import dev.lifeboat.vault.tree.Name;
import dev.lifeboat.vault.tree.Node;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The files of one flat folder: real bytes, nothing else. A name that ends in .locked is
 * unreadable.
 */
record FolderSource(Path folder) implements Source {
  @Override
  public String kind() {
    return "directory";
  }

  @Override
  public Captured capture(CaptureContext context) throws SourceException, InterruptedException {
    Instant time = context.clock().instant();
    List<Node> nodes = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    long bytes = 0;
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.sorted().toList()) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        String name = file.getFileName().toString();
        context.progress().at(name);
        if (name.endsWith(".locked")) {
          problems.add(new Problem(name, Problem.Kind.UNREADABLE, "Permission denied"));
          continue;
        }
        try (InputStream in = Files.newInputStream(file)) {
          Content content = context.sink().store(in);
          bytes += content.bytes();
          context.progress().bytes(content.bytes());
          nodes.add(
              new Node.File(
                  Name.of(name), Attributes.synthetic(0644), content.bytes(), content, null, null));
        }
      }
    } catch (IOException e) {
      throw new SourceException.Unreachable("folder " + folder + " cannot be read", e);
    }
    return new Captured(
        time,
        Attributes.synthetic(0755),
        context.sink().storeDirectory(nodes),
        new Captured.Counts(nodes.size(), 1, 0, bytes, nodes.size(), 0, 0, bytes),
        new Expectations(
            "directory",
            1,
            new TreeMap<>(Map.of("files", "" + nodes.size())),
            new TreeMap<>(Map.of())),
        problems,
        new TreeMap<>(Map.of()));
  }
}
