package dev.lifeboat.cli.launch;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassTransform;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Pattern;

/**
 * Rewrites the classes of a jar to today's class-file version, and leaves out its signature.
 *
 * <p>An ahead-of-time cache leaves out classes of versions before 50, which have no stack maps.
 * picocli's are such, and without them every start would parse and verify a hundred and more
 * classes anew: half of its time.
 *
 * <p>It leaves out the classes of signed jars as well, and Bouncy Castle's is one: every start that
 * needs one of its classes would check the certificates first, for most of a second. The signature
 * would tell of nothing here that whoever can write to this folder could not get round; what was
 * downloaded was checked by the build. The digests of the signed files fill their manifests, which
 * are read at every start: they go, too.
 */
public final class Modernise {
  private static final int FIRST_WITH_STACK_MAPS = ClassFile.JAVA_6_VERSION;

  /** Without these the digests in the manifest mean nothing. */
  private static final Pattern SIGNATURE = Pattern.compile("META-INF/[^/]+\\.(SF|RSA|DSA|EC)");

  private Modernise() {}

  /** Rewrites each jar named, in place and all or nothing. */
  public static void main(String[] jars) throws IOException {
    for (String jar : jars) {
      modernise(Path.of(jar));
    }
  }

  static void modernise(Path jar) throws IOException {
    Path fresh = jar.resolveSibling(jar.getFileName() + ".new");
    try (JarFile in = new JarFile(jar.toFile());
        OutputStream file = Files.newOutputStream(fresh);
        JarOutputStream out = new JarOutputStream(file)) {
      for (JarEntry entry : in.stream().toList()) {
        if (SIGNATURE.matcher(entry.getName()).matches()) {
          continue;
        }
        byte[] bytes;
        try (InputStream content = in.getInputStream(entry)) {
          bytes = content.readAllBytes();
        }
        if (entry.getName().equals(JarFile.MANIFEST_NAME)) {
          bytes = mainSection(bytes);
        }
        JarEntry copy = new JarEntry(entry.getName());
        copy.setTime(entry.getTime());
        out.putNextEntry(copy);
        out.write(
            entry.getName().endsWith(".class") && !entry.getName().equals("module-info.class")
                ? modernise(bytes)
                : bytes);
        out.closeEntry();
      }
    }
    Files.move(fresh, jar, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** The manifest without what it says of single files. */
  private static byte[] mainSection(byte[] manifest) throws IOException {
    Manifest read = new Manifest(new ByteArrayInputStream(manifest));
    read.getEntries().clear();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    read.write(bytes);
    return bytes.toByteArray();
  }

  /** The same class, with stack maps and a current version; unchanged if it is recent enough. */
  static byte[] modernise(byte[] classFile) {
    ClassFile tool = ClassFile.of(StackMapsOption.GENERATE_STACK_MAPS);
    var model = tool.parse(classFile);
    if (model.majorVersion() >= FIRST_WITH_STACK_MAPS) {
      return classFile;
    }
    // The bodies are written anew, not copied, so that they get their stack maps.
    ClassTransform bodies =
        ClassTransform.transformingMethodBodies((code, each) -> code.with(each));
    ClassTransform version =
        (builder, element) -> {
          if (element instanceof ClassFileVersion) {
            builder.withVersion(ClassFile.JAVA_25_VERSION, 0);
          } else {
            builder.with(element);
          }
        };
    return tool.transformClass(model, version.andThen(bodies));
  }
}
