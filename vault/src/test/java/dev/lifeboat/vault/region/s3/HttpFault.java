package dev.lifeboat.vault.region.s3;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/** What may go wrong with one request on its way through a {@link FaultProxy}. */
public sealed interface HttpFault {
  /** All goes well. */
  record None() implements HttpFault {}

  /** It goes on after a while. */
  record Late(Duration by) implements HttpFault {}

  /** The connection is reset when so much of the request's body has passed. */
  record CutRequest(double fraction) implements HttpFault {}

  /** The connection is reset when so much of the response's body has passed. */
  record CutResponse(double fraction) implements HttpFault {}

  /** The server does what is asked; then the connection is reset without an answer. */
  record AnswerLost() implements HttpFault {}

  /** The request is swallowed; nothing ever answers. */
  record BlackHole() implements HttpFault {}

  /** 503 SlowDown; the server never sees the request. */
  record SlowDown(Duration retryAfter) implements HttpFault {}

  /** The body ends early, and the head says that it is all there is. */
  record Truncated(double fraction) implements HttpFault {}

  /** One bit of the response's body is another. Errors and listings stay as they are. */
  record Corrupted(double where) implements HttpFault {}

  /** The server gets the request twice; the second answer is passed on. */
  record Duplicated() implements HttpFault {}

  /** Of a listing: the answer that the same question got the first time. */
  record StaleListing() implements HttpFault {}

  /** Of a listing: some entries, each with this probability, are left out. */
  record ListingOmits(double probability, long seed) implements HttpFault {}

  /** Kinds, for those who choose among them. */
  enum Kind {
    LATE,
    CUT_REQUEST,
    CUT_RESPONSE,
    ANSWER_LOST,
    BLACK_HOLE,
    SLOW_DOWN,
    TRUNCATED,
    CORRUPTED,
    DUPLICATED,
    STALE_LISTING,
    LISTING_OMITS
  }

  /** Decides, for each request, what goes wrong with it. Called by many threads. */
  interface Script {
    /**
     * @param method as in HTTP
     * @param target path and query
     */
    HttpFault next(String method, String target);
  }

  /** Nothing ever goes wrong. */
  static Script calm() {
    return (_, _) -> new None();
  }

  /**
   * Each request fails with the same probability, in one of several ways.
   *
   * @param random seeded, so that a failure can be had again; which thread's request gets which
   *     number is still up to chance
   */
  static Script random(RandomGenerator random, double probability, Set<Kind> kinds) {
    List<Kind> choice = List.copyOf(EnumSet.copyOf(kinds));
    return (_, _) -> {
      synchronized (random) {
        return random.nextDouble() < probability
            ? of(choice.get(random.nextInt(choice.size())), random)
            : new None();
      }
    };
  }

  /** One of a kind. */
  static HttpFault of(Kind kind, RandomGenerator random) {
    return switch (kind) {
      case LATE -> new Late(Duration.ofMillis(random.nextInt(300)));
      case CUT_REQUEST -> new CutRequest(random.nextDouble());
      case CUT_RESPONSE -> new CutResponse(random.nextDouble());
      case ANSWER_LOST -> new AnswerLost();
      case BLACK_HOLE -> new BlackHole();
      case SLOW_DOWN -> new SlowDown(Duration.ofSeconds(random.nextInt(2)));
      case TRUNCATED -> new Truncated(random.nextDouble());
      case CORRUPTED -> new Corrupted(random.nextDouble());
      case DUPLICATED -> new Duplicated();
      case STALE_LISTING -> new StaleListing();
      case LISTING_OMITS -> new ListingOmits(random.nextDouble(), random.nextLong());
    };
  }
}
