package dev.lifeboat.vault.region.s3;

import dev.lifeboat.vault.region.RegionException;
import dev.lifeboat.vault.region.RegionName;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * A client of one bucket with what all its users share: how many requests run at once, how many
 * bytes go, the clock of the service, and the count of requests. Safe for use by many threads.
 */
public final class S3Connection implements AutoCloseable {
  /** One request, or several that count as one. */
  public interface Call<T> {
    T on(S3Client client);
  }

  private final RegionName name;
  private final S3Settings settings;
  private final AwsCredentialsProvider credentials;
  private final S3Client client;
  private final Bandwidth bandwidth;
  private final AdaptiveLimit limit = new AdaptiveLimit();
  private final RequestCounts requests = new RequestCounts();
  private final ServerClock clock = new ServerClock(System::nanoTime);
  private volatile boolean closed;

  /**
   * Makes no request yet.
   *
   * @param credentials closed with this where they can be closed
   * @param local tells the time of day that limits of bandwidth go by
   * @throws RegionException.Permanent if the settings cannot be used on this machine
   */
  public S3Connection(
      RegionName name, S3Settings settings, AwsCredentialsProvider credentials, Clock local)
      throws RegionException {
    this.name = name;
    this.settings = settings;
    this.credentials = credentials;
    this.bandwidth = new Bandwidth(settings.bandwidth(), local);
    this.client = S3Clients.open(name, settings, credentials, new Observer());
  }

  /** Sees every request when it goes out, and every answer when it comes. */
  private final class Observer implements ExecutionInterceptor {
    @Override
    public void beforeTransmission(
        Context.BeforeTransmission context, ExecutionAttributes attributes) {
      String operation = attributes.getAttribute(SdkExecutionAttribute.OPERATION_NAME);
      requests.count(operation == null ? "unknown" : operation);
    }

    @Override
    public void afterTransmission(
        Context.AfterTransmission context, ExecutionAttributes attributes) {
      context
          .httpResponse()
          .firstMatchingHeader("Date")
          .flatMap(S3Errors::date)
          .ifPresent(clock::sample);
    }
  }

  public RegionName name() {
    return name;
  }

  public S3Settings settings() {
    return settings;
  }

  /** Requests sent so far. */
  public RequestCounts requests() {
    return requests;
  }

  /** The client itself, for requests that are to have no limits. */
  public S3Client client() {
    return client;
  }

  Bandwidth bandwidth() {
    return bandwidth;
  }

  /**
   * Runs a request when the region may have one more.
   *
   * @throws SdkException as the SDK throws it; {@link #failure} tells what it means
   * @throws RegionException if the connection is closed, or the thread was interrupted in the queue
   */
  public <T> T call(Call<T> call) throws RegionException {
    requireOpen();
    AdaptiveLimit.Permit permit;
    try {
      permit = limit.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RegionException.Transient(name, "interrupted", e);
    }
    boolean released = false;
    try {
      T result = call.on(client);
      released = true;
      permit.succeeded();
      return result;
    } catch (SdkException e) {
      released = true;
      if (S3Errors.isOverload(e) && !Thread.currentThread().isInterrupted()) {
        permit.overloaded();
      } else if (S3Errors.status(e) > 0) {
        permit.succeeded();
      } else {
        permit.ended();
      }
      requireOpen();
      throw e;
    } catch (IllegalStateException e) {
      // Closed by another thread in the midst of the request.
      requireOpen();
      throw e;
    } finally {
      if (!released) {
        permit.ended();
      }
    }
  }

  /**
   * What an error of a request means.
   *
   * @param what could not be done, on which object
   */
  public RegionException failure(String what, SdkException e) {
    return S3Errors.translate(name, settings, what, e);
  }

  /** How long a request with so many bytes may take, in the form that requests take it. */
  public AwsRequestOverrideConfiguration.Builder within(long bytes) {
    return AwsRequestOverrideConfiguration.builder()
        .apiCallAttemptTimeout(settings.timeouts().forBytes(bytes));
  }

  /** The clock of the service; asks for it only if no answer told it lately. */
  Instant now() throws RegionException {
    requireOpen();
    Optional<Instant> known = clock.now();
    if (known.isEmpty()) {
      requireBucket();
      known = clock.now();
    }
    return known.orElseThrow(() ->
        new RegionException.Permanent(
            name, "the service does not tell its time in a Date header", null));
  }

  /** Makes sure that the bucket is there. */
  void requireBucket() throws RegionException {
    try {
      Object _ = call(s3 -> s3.headBucket(b -> b.bucket(settings.bucket())));
    } catch (SdkException e) {
      throw failure("cannot reach the bucket " + settings.bucket(), e);
    }
  }

  /**
   * Asks for the bucket at once, however many requests are under way: they may be what hangs. Any
   * answer of the service is one.
   */
  void ping() throws RegionException {
    requireOpen();
    try {
      Object _ = client.headBucket(b -> b.bucket(settings.bucket()));
    } catch (SdkException e) {
      if (S3Errors.status(e) == 0) {
        throw failure("cannot reach the bucket " + settings.bucket(), e);
      }
    }
  }

  void requireOpen() throws RegionException {
    if (closed) {
      throw new RegionException.Permanent(name, "is closed", null);
    }
  }

  /** Cuts connections: calls under way fail. */
  @Override
  public void close() {
    closed = true;
    client.close();
    SignInProviders.close(credentials);
  }
}
