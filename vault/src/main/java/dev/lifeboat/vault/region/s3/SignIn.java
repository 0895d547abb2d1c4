package dev.lifeboat.vault.region.s3;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/** Where the credentials come from that requests are signed with. Holds none itself. */
public sealed interface SignIn {
  /** The usual chain: environment, profile, web identity, role of the machine or container. */
  record Chain() implements SignIn {}

  /**
   * A profile.
   *
   * @param name absent for the default one
   * @param file absent for the shared files of this user
   */
  record Profile(Optional<String> name, Optional<Path> file) implements SignIn {}

  /** Environment variables, by name. */
  record Variables(String accessKey, String secretKey, Optional<String> sessionToken)
      implements SignIn {}

  /** What a command of {@code /bin/sh} prints, as AWS' {@code credential_process} has it. */
  record Command(String command) implements SignIn {}

  /** An access key whose secret key is fetched when it is needed. */
  record Keys(String accessKey, SecretKey secretKey) implements SignIn {}

  /**
   * A role, which is asked for with other credentials, and again before it expires.
   *
   * @param service that gives out roles; absent for Amazon's
   */
  record Role(SignIn with, String arn, Optional<String> externalId, Optional<URI> service)
      implements SignIn {}

  /** Fetches a secret key. */
  interface SecretKey {
    /**
     * Fetches it.
     *
     * @throws CredentialsUnavailable if it cannot be had
     */
    String fetch();
  }
}
