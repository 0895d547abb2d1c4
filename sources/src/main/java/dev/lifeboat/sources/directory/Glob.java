package dev.lifeboat.sources.directory;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** A pattern for one name, over bytes. */
final class Glob {
  /** What one step of a pattern takes. */
  private sealed interface Step {
    record One(BitSet bytes) implements Step {}

    record AnyCharacter() implements Step {}

    record Any() implements Step {}
  }

  private final List<Step> steps;

  private Glob(List<Step> steps) {
    this.steps = steps;
  }

  static Glob compile(byte[] pattern, byte[] line) {
    List<Step> steps = new ArrayList<>();
    int at = 0;
    while (at < pattern.length) {
      switch (pattern[at]) {
        case '*' -> {
          if (steps.isEmpty() || !(steps.getLast() instanceof Step.Any)) {
            steps.add(new Step.Any());
          }
          at++;
        }
        case '?' -> {
          steps.add(new Step.AnyCharacter());
          at++;
        }
        case '[' -> at = set(pattern, at + 1, line, steps);
        case '\\' -> {
          if (at + 1 == pattern.length) {
            throw new IllegalArgumentException(
                "exclude pattern '%s' ends in a backslash that escapes nothing: write \\\\ for one"
                    .formatted(RuleText.display(line)));
          }
          steps.add(new Step.One(only(pattern[at + 1])));
          at += 2;
        }
        default -> {
          steps.add(new Step.One(only(pattern[at])));
          at++;
        }
      }
    }
    return new Glob(List.copyOf(steps));
  }

  private static int set(byte[] pattern, int from, byte[] line, List<Step> steps) {
    BitSet bytes = new BitSet(256);
    int at = from;
    boolean negated = at < pattern.length && (pattern[at] == '!' || pattern[at] == '^');
    if (negated) {
      at++;
    }
    boolean first = true;
    while (at < pattern.length && (first || pattern[at] != ']')) {
      first = false;
      if (pattern[at] == '\\' && at + 1 < pattern.length) {
        at++;
      }
      int low = pattern[at++] & 0xff;
      int high = low;
      if (at + 1 < pattern.length && pattern[at] == '-' && pattern[at + 1] != ']') {
        at++;
        if (pattern[at] == '\\' && at + 1 < pattern.length) {
          at++;
        }
        high = pattern[at++] & 0xff;
      }
      if (low <= high) {
        bytes.set(low, high + 1);
      }
    }
    if (at >= pattern.length) {
      throw new IllegalArgumentException(
          "exclude pattern '%s' has a '[' without its ']': write \\[ for a bracket"
              .formatted(RuleText.display(line)));
    }
    if (negated) {
      bytes.flip(0, 256);
    }
    steps.add(new Step.One(bytes));
    return at + 1;
  }

  private static BitSet only(byte b) {
    BitSet one = new BitSet(256);
    one.set(b & 0xff);
    return one;
  }

  /** Linear backtracking: only the last star is ever tried again. */
  boolean matches(byte[] name) {
    int step = 0;
    int at = 0;
    int star = -1;
    int starAt = 0;
    while (at < name.length) {
      int taken = step < steps.size() ? takes(steps.get(step), name, at) : 0;
      if (taken > 0) {
        at += taken;
        step++;
      } else if (step < steps.size() && steps.get(step) instanceof Step.Any) {
        star = step++;
        starAt = at;
      } else if (star >= 0) {
        step = star + 1;
        at = ++starAt;
      } else {
        return false;
      }
    }
    while (step < steps.size() && steps.get(step) instanceof Step.Any) {
      step++;
    }
    return step == steps.size();
  }

  private static int takes(Step step, byte[] name, int at) {
    return switch (step) {
      case Step.Any() -> 0;
      case Step.One(BitSet bytes) -> bytes.get(name[at] & 0xff) ? 1 : 0;
      case Step.AnyCharacter() -> {
        int end = at + 1;
        if ((name[at] & 0xc0) == 0xc0) {
          while (end < name.length && (name[end] & 0xc0) == 0x80 && end - at < 4) {
            end++;
          }
        }
        yield end - at;
      }
    };
  }
}
