package dev.lifeboat.vault.region.s3;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkClientException;

/** There is nothing to sign requests with; the message says why, and never shows a secret. */
public final class CredentialsUnavailable extends SdkClientException {
  private final boolean mayPass;

  /**
   * Makes one.
   *
   * @param mayPass whether trying again may help
   */
  public CredentialsUnavailable(String message, boolean mayPass, @Nullable Throwable cause) {
    super(SdkClientException.builder().message(message).cause(cause));
    this.mayPass = mayPass;
  }

  boolean mayPass() {
    return mayPass;
  }
}
