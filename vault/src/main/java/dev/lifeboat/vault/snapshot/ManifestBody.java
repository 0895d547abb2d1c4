package dev.lifeboat.vault.snapshot;

import dev.lifeboat.vault.tree.Attributes;
import dev.lifeboat.vault.tree.Content;
import java.util.List;

/** The part of a manifest that only the tenant's private key opens. */
public record ManifestBody(
    Attributes rootAttributes, Content root, Expectations expectations, List<Problem> problems) {
  public ManifestBody {
    problems = List.copyOf(problems);
  }
}
