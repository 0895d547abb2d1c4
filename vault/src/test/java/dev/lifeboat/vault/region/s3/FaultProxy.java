package dev.lifeboat.vault.region.s3;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Stands between a client and a server, both on plain HTTP of the loopback interface, and does to
 * the traffic what networks and servers do on bad days. What it does can be changed at any time, by
 * any thread; requests under way finish as they began.
 *
 * <p>Heads pass in the words in which they came, {@code Host} included, so signatures stay right.
 * {@code Expect: 100-continue} is answered here.
 */
public final class FaultProxy implements AutoCloseable {
  private static final int STEP = 8 << 10;
  private static final Pattern ENTRY =
      Pattern.compile("<(Contents|Version|DeleteMarker)>.*?</\\1>", Pattern.DOTALL);

  private final URI upstream;
  private final ServerSocket server;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final Set<Socket> swallowed = ConcurrentHashMap.newKeySet();
  private final Map<String, byte[]> firstListings = new ConcurrentHashMap<>();
  private final AtomicLong requests = new AtomicLong();
  private final Pace pace = new Pace();
  private volatile HttpFault.Script script = HttpFault.calm();
  private volatile Duration latency = Duration.ZERO;
  private volatile boolean blackHole;
  private volatile boolean closed;

  /** So many bytes a second over all connections, both ways together. */
  private static final class Pace {
    private long bytesPerSecond = Long.MAX_VALUE;
    private long free = System.nanoTime();

    synchronized void set(long rate) {
      bytesPerSecond = rate;
      free = System.nanoTime();
    }

    void take(int bytes) throws IOException {
      long until;
      synchronized (this) {
        if (bytesPerSecond == Long.MAX_VALUE) {
          return;
        }
        free = Math.max(free, System.nanoTime()) + bytes * 1_000_000_000L / bytesPerSecond;
        until = free;
      }
      pause(Duration.ofNanos(Math.max(0, until - System.nanoTime())));
    }
  }

  private FaultProxy(URI upstream, ServerSocket server) {
    this.upstream = upstream;
    this.server = server;
  }

  /** Starts one on a free port; it does nothing yet but pass everything on. */
  public static FaultProxy before(URI upstream) {
    if (!"http".equals(upstream.getScheme())) {
      throw new IllegalArgumentException("only plain HTTP can be looked into: " + upstream);
    }
    try {
      FaultProxy proxy =
          new FaultProxy(upstream, new ServerSocket(0, 200, InetAddress.getLoopbackAddress()));
      Thread _ = Thread.ofPlatform().daemon().name("fault-proxy").start(proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where clients are to go. */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort());
  }

  /** From now on this decides what happens to each request. */
  public FaultProxy follow(HttpFault.Script next) {
    script = next;
    return this;
  }

  /** Each request waits so long before anything happens. */
  public FaultProxy latency(Duration each) {
    latency = each;
    return this;
  }

  /**
   * Bodies pass at this rate, over all connections together; {@link Long#MAX_VALUE} is no limit.
   */
  public FaultProxy rate(long bytesPerSecond) {
    pace.set(bytesPerSecond);
    return this;
  }

  /** While it is one, connections are taken and nothing is ever answered. */
  public FaultProxy blackHole(boolean on) {
    blackHole = on;
    return this;
  }

  /** Everything passes again, but what waits in a black hole: its connections are reset. */
  public FaultProxy mend() {
    follow(HttpFault.calm()).latency(Duration.ZERO).rate(Long.MAX_VALUE).blackHole(false);
    swallowed.forEach(FaultProxy::reset);
    return this;
  }

  /** Resets all connections there are. */
  public void resetAll() {
    open.forEach(FaultProxy::reset);
  }

  /** Requests that came, those included that were swallowed. */
  public long requests() {
    return requests.get();
  }

  private void accept() {
    while (!closed) {
      try {
        Socket client = server.accept();
        open.add(client);
        Thread _ = Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  /** What ends a connection on purpose. */
  private static final class Cut extends IOException {
    private static final long serialVersionUID = 1;
  }

  private void serve(Socket client) {
    Socket up = null;
    try {
      client.setTcpNoDelay(true);
      up = new Socket(upstream.getHost(), upstream.getPort());
      up.setTcpNoDelay(true);
      open.add(up);
      Wire down = new Wire(client);
      Wire server = new Wire(up);
      while (!closed) {
        Optional<HttpHead> head = HttpHead.read(down.in);
        if (head.isEmpty()) {
          return;
        }
        requests.incrementAndGet();
        pause(latency);
        HttpFault fault =
            blackHole
                ? new HttpFault.BlackHole()
                : script.next(head.get().method(), head.get().target());
        if (!exchange(head.get(), fault, down, server)) {
          return;
        }
      }
    } catch (IOException e) {
      // Whoever is at the other end learns it the hard way, as from a broken network.
      reset(client);
    } finally {
      close(client);
      if (up != null) {
        close(up);
      }
    }
  }

  private static final class Wire {
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    Wire(Socket socket) throws IOException {
      this.socket = socket;
      in = new BufferedInputStream(socket.getInputStream(), 64 << 10);
      out = new BufferedOutputStream(socket.getOutputStream(), 64 << 10);
    }
  }

  /** One request and its answer. Gives back whether the connections can be used again. */
  private boolean exchange(HttpHead request, HttpFault fault, Wire down, Wire up)
      throws IOException {
    if (request.field("Expect").isPresent()) {
      down.out.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      down.out.flush();
    }
    HttpHead onward = request.without("Expect");
    double cutRequest = 2;
    switch (fault) {
      case HttpFault.Late(Duration by) -> pause(by);
      case HttpFault.CutRequest(double fraction) -> cutRequest = fraction;
      case HttpFault.BlackHole _ -> {
        swallowed.add(down.socket);
        try {
          while (down.in.read() >= 0) {
            // Until the client gives up, or the hole is closed.
          }
        } finally {
          swallowed.remove(down.socket);
        }
        throw new Cut();
      }
      case HttpFault.SlowDown(Duration retryAfter) -> {
        skipBody(request, down.in);
        slowDown(request, retryAfter, down.out);
        return true;
      }
      case HttpFault.Duplicated _ -> {
        byte[] body = body(request, down.in);
        HttpHead whole = whole(onward, body);
        send(whole, body, up.out);
        HttpHead ignored = answer(up.in);
        byte[] _ = responseBody(request, ignored, up.in);
        send(whole, body, up.out);
        return relay(request, fault, down, up);
      }
      case HttpFault.None _,
          HttpFault.CutResponse _,
          HttpFault.AnswerLost _,
          HttpFault.Truncated _,
          HttpFault.Corrupted _,
          HttpFault.StaleListing _,
          HttpFault.ListingOmits _ -> {}
    }
    if (onward.chunked()) {
      byte[] body = HttpHead.readChunks(down.in);
      send(whole(onward, body), body, up.out);
    } else {
      onward.write(up.out);
      copy(down.in, up.out, onward.length(), cutRequest, -1);
    }
    return relay(request, fault, down, up);
  }

  private static HttpHead whole(HttpHead head, byte[] body) {
    return head.without("Transfer-Encoding").with("Content-Length", Integer.toString(body.length));
  }

  private void send(HttpHead head, byte[] body, OutputStream out) throws IOException {
    head.write(out);
    pace.take(body.length);
    out.write(body);
    out.flush();
  }

  private static HttpHead answer(InputStream in) throws IOException {
    while (true) {
      HttpHead head = HttpHead.read(in).orElseThrow(EOFException::new);
      if (head.status() != 100) {
        return head;
      }
    }
  }

  private boolean relay(HttpHead request, HttpFault fault, Wire down, Wire up) throws IOException {
    HttpHead head = answer(up.in);
    boolean again = head.field("Connection").filter("close"::equalsIgnoreCase).isEmpty();
    if (fault instanceof HttpFault.AnswerLost) {
      byte[] _ = responseBody(request, head, up.in);
      throw new Cut();
    }
    boolean bodiless =
        request.method().equals("HEAD") || head.status() == 204 || head.status() == 304;
    if (bodiless) {
      head.write(down.out);
      down.out.flush();
      return again;
    }
    boolean content = head.status() / 100 == 2 && request.method().equals("GET");
    if (head.chunked() || (content && isListing(request))) {
      byte[] body = responseBody(request, head, up.in);
      if (content && isListing(request)) {
        body = listing(request, fault, body);
      }
      HttpHead whole = whole(head, body);
      whole.write(down.out);
      copy(new ByteArrayInputStream(body), down.out, body.length, cut(fault), -1);
      return again;
    }
    long length = head.length();
    if (content && fault instanceof HttpFault.Truncated(double fraction)) {
      long shorter = (long) (length * fraction);
      // The rest lies in the connection; nothing can follow it.
      head.with("Content-Length", Long.toString(shorter))
          .with("Connection", "close")
          .write(down.out);
      copy(up.in, down.out, shorter, 2, -1);
      return false;
    }
    head.write(down.out);
    long flip =
        content && length > 0 && fault instanceof HttpFault.Corrupted(double where)
            ? (long) (length * where)
            : -1;
    copy(up.in, down.out, length, cut(fault), flip);
    return again;
  }

  private static double cut(HttpFault fault) {
    return fault instanceof HttpFault.CutResponse(double fraction) ? fraction : 2;
  }

  private static boolean isListing(HttpHead request) {
    String target = request.target();
    return target.contains("list-type=2")
        || target.contains("?versions")
        || target.contains("&versions");
  }

  private byte[] listing(HttpHead request, HttpFault fault, byte[] body) {
    byte[] first = firstListings.putIfAbsent(request.target(), body);
    return switch (fault) {
      case HttpFault.StaleListing _ when first != null -> first;
      case HttpFault.ListingOmits(double probability, long seed) -> {
        Random random = new Random(seed);
        Matcher entries = ENTRY.matcher(new String(body, StandardCharsets.UTF_8));
        yield entries
            .replaceAll(entry ->
                random.nextDouble() < probability ? "" : Matcher.quoteReplacement(entry.group()))
            .getBytes(StandardCharsets.UTF_8);
      }
      default -> body;
    };
  }

  private static byte[] body(HttpHead head, InputStream in) throws IOException {
    if (head.chunked()) {
      return HttpHead.readChunks(in);
    }
    byte[] body = in.readNBytes(Math.toIntExact(head.length()));
    if (body.length < head.length()) {
      throw new EOFException();
    }
    return body;
  }

  private static byte[] responseBody(HttpHead request, HttpHead head, InputStream in)
      throws IOException {
    return request.method().equals("HEAD") || head.status() == 204 || head.status() == 304
        ? new byte[0]
        : body(head, in);
  }

  private static void skipBody(HttpHead head, InputStream in) throws IOException {
    if (head.chunked()) {
      byte[] _ = HttpHead.readChunks(in);
    } else {
      in.skipNBytes(head.length());
    }
  }

  private static void slowDown(HttpHead request, Duration retryAfter, OutputStream out)
      throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    if (!request.method().equals("HEAD")) {
      body.writeBytes(
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>SlowDown</Code></Error>"
              .getBytes(StandardCharsets.UTF_8));
    }
    out.write(
        "HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nRetry-After: %d\r\nContent-Length: %d\r\n\r\n"
            .formatted(retryAfter.toSeconds(), body.size())
            .getBytes(StandardCharsets.US_ASCII));
    body.writeTo(out);
    out.flush();
  }

  /**
   * @param cut fraction after which the connection breaks; more than 1 never
   * @param flip byte whose lowest bit is turned, or -1
   */
  private void copy(InputStream in, OutputStream out, long length, double cut, long flip)
      throws IOException {
    long end = cut > 1 ? length : (long) (length * cut);
    byte[] buffer = new byte[STEP];
    for (long at = 0; at < end; ) {
      int read = in.read(buffer, 0, (int) Math.min(STEP, end - at));
      if (read < 0) {
        throw new EOFException();
      }
      if (flip >= at && flip < at + read) {
        buffer[(int) (flip - at)] ^= 1;
      }
      pace.take(read);
      out.write(buffer, 0, read);
      at += read;
    }
    out.flush();
    if (cut <= 1) {
      throw new Cut();
    }
  }

  private static void pause(Duration duration) throws IOException {
    try {
      Thread.sleep(duration);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private static void reset(Socket socket) {
    try {
      // Closing with a linger of nothing sends RST instead of FIN.
      socket.setOption(StandardSocketOptions.SO_LINGER, 0);
      socket.close();
    } catch (IOException e) {
      // It is gone already.
    }
  }

  private void close(Socket socket) {
    open.remove(socket);
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone already.
    }
  }

  /** Resets all connections, and takes no more. */
  @Override
  public void close() {
    closed = true;
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    resetAll();
  }
}
