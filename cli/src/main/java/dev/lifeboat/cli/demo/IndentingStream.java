package dev.lifeboat.cli.demo;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Puts something before every line. */
final class IndentingStream extends FilterOutputStream {
  private final byte[] indent;
  private boolean atLineStart = true;

  IndentingStream(OutputStream out, String indent) {
    super(out);
    this.indent = indent.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void write(int b) throws IOException {
    if (atLineStart && b != '\n') {
      out.write(indent);
    }
    out.write(b);
    atLineStart = b == '\n';
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    for (int i = from; i < from + length; i++) {
      write(bytes[i]);
    }
  }
}
