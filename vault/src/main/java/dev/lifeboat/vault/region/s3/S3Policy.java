package dev.lifeboat.vault.region.s3;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The least that a host must be permitted in a bucket, as policies of IAM, and as policies of
 * buckets for services that know no others.
 */
public final class S3Policy {
  /** What a host does. */
  public enum Role {
    /**
     * Backs up, replicates and verifies: adds, reads and lists, locks for longer; never removes.
     */
    WRITER,
    /** Restores: reads and lists. */
    READER,
    /** The writer's work, and retention and reclamation: removes what no lock keeps. */
    MAINTAINER;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final List<String> LIST =
      List.of("s3:ListBucket", "s3:ListBucketVersions", "s3:GetBucketVersioning");
  private static final List<String> READ = List.of("s3:GetObject", "s3:GetObjectVersion");
  private static final List<String> WRITE = List.of("s3:PutObject", "s3:AbortMultipartUpload");
  private static final List<String> LOCK =
      List.of("s3:GetObjectRetention", "s3:PutObjectRetention");
  private static final List<String> REMOVE = List.of("s3:DeleteObject", "s3:DeleteObjectVersion");

  /** What would undo locks and versions: refused whatever another policy allows. */
  private static final List<String> NEVER_IN_BUCKET =
      List.of(
          "s3:DeleteBucket",
          "s3:PutBucketPolicy",
          "s3:DeleteBucketPolicy",
          "s3:PutBucketVersioning",
          "s3:PutBucketObjectLockConfiguration",
          "s3:PutLifecycleConfiguration");

  private final S3Settings settings;
  private final boolean locks;

  /**
   * @param locks whether the region locks what is stored
   */
  public S3Policy(S3Settings settings, boolean locks) {
    this.settings = settings;
    this.locks = locks;
  }

  /**
   * The policy as JSON has it.
   *
   * @param principal whom a bucket's policy is about; absent for a policy that is attached to a
   *     user or role
   */
  public Map<String, Object> of(Role role, Optional<String> principal) {
    String bucket = "arn:aws:s3:::" + settings.bucket();
    String objects = bucket + "/" + settings.prefix() + "*";
    List<Map<String, Object>> statements = new ArrayList<>();
    List<String> inBucket = new ArrayList<>(LIST);
    List<String> inObjects = new ArrayList<>(READ);
    List<String> neverInObjects = new ArrayList<>();
    if (role != Role.READER) {
      inObjects.addAll(WRITE);
      if (locks) {
        inBucket.add("s3:GetBucketObjectLockConfiguration");
        inObjects.addAll(LOCK);
      }
    }
    if (role == Role.MAINTAINER) {
      inObjects.addAll(REMOVE);
    } else {
      neverInObjects.addAll(REMOVE);
    }
    if (role == Role.READER) {
      neverInObjects.add("s3:PutObject");
    }
    if (role == Role.READER || !locks) {
      neverInObjects.add("s3:PutObjectRetention");
    }
    neverInObjects.add("s3:BypassGovernanceRetention");
    statements.add(statement("List", "Allow", principal, inBucket, bucket));
    statements.add(statement("Objects", "Allow", principal, inObjects, objects));
    settings
        .kmsKey()
        .filter(key -> principal.isEmpty() && key.startsWith("arn:"))
        .ifPresent(key ->
            statements.add(
                statement(
                    "Encrypt",
                    "Allow",
                    principal,
                    role == Role.READER
                        ? List.of("kms:Decrypt")
                        : List.of("kms:Decrypt", "kms:GenerateDataKey"),
                    key)));
    statements.add(statement("NeverObjects", "Deny", principal, neverInObjects, objects));
    statements.add(statement("NeverBucket", "Deny", principal, NEVER_IN_BUCKET, bucket));
    Map<String, Object> policy = new LinkedHashMap<>();
    policy.put("Version", "2012-10-17");
    policy.put("Statement", statements);
    return policy;
  }

  private static Map<String, Object> statement(
      String id, String effect, Optional<String> principal, List<String> actions, String resource) {
    Map<String, Object> statement = new LinkedHashMap<>();
    statement.put("Sid", "Lifeboat" + id);
    statement.put("Effect", effect);
    principal.ifPresent(arn -> statement.put("Principal", Map.of("AWS", List.of(arn))));
    statement.put("Action", List.copyOf(actions));
    statement.put("Resource", List.of(resource));
    return statement;
  }
}
