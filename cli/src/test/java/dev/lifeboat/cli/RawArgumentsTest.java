package dev.lifeboat.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class RawArgumentsTest {
  @Test
  void of_commandLine_givesTheLastParts() {
    byte[] line = "java\0-cp\0x y\0Main\0ls\0\0caf\u00e9\0".getBytes(StandardCharsets.UTF_8);

    assertThat(RawArguments.of(new String[] {"ls", "", "caf??"}, line))
        .containsExactly("ls", "", "café");
  }

  @Test
  void of_bytesThatAreNotUtf8_keepsThem() {
    byte[] line = {'x', 0, 'a', (byte) 0xff, 'b', (byte) 0xc3, 0};

    String argument = RawArguments.of(new String[] {"?"}, line)[0];

    assertThat(RawArguments.bytes(argument)).containsExactly('a', 0xff, 'b', 0xc3);
    assertThat(RawArguments.isUtf8(argument)).isFalse();
  }

  @RepeatedTest(200)
  void bytes_ofTextOfAnyBytes_areThese(RepetitionInfo repetition) {
    Random random = new Random(repetition.getCurrentRepetition());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = random.nextInt(40); i > 0; i--) {
      if (random.nextBoolean()) {
        bytes.write(random.nextInt(256));
      } else {
        int codePoint = random.nextInt(0x10ffff);
        if (codePoint < 0xd800 || codePoint > 0xdfff) {
          bytes.writeBytes(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
        }
      }
    }
    byte[] expected = bytes.toByteArray();

    assertThat(RawArguments.bytes(RawArguments.text(expected))).isEqualTo(expected);
  }
}
