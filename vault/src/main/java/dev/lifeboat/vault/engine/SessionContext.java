package dev.lifeboat.vault.engine;

import dev.lifeboat.vault.reclaim.Lease;
import dev.lifeboat.vault.reclaim.Records;
import dev.lifeboat.vault.region.RegionSet;
import dev.lifeboat.vault.seal.DatasetName;
import dev.lifeboat.vault.seal.SigningKey;
import dev.lifeboat.vault.seal.VaultDocument;
import dev.lifeboat.vault.send.Dispatch;
import dev.lifeboat.vault.snapshot.ManifestCodec;
import java.security.SecureRandom;

/** What a session was begun with. */
record SessionContext(
    RegionSet regions,
    Dispatch dispatch,
    Patience patience,
    VaultDocument document,
    KeyRing keys,
    SigningKey signingKey,
    String writer,
    DatasetName dataset,
    String source,
    LocalCache cache,
    IndexLoader loader,
    PackBuffers buffers,
    Manifests manifests,
    PackSurvey survey,
    Lease lease,
    Records records,
    SecureRandom random,
    EngineSettings settings) {

  /** The dataset's snapshots as the regions list them now. */
  SnapshotListing earlier() {
    return manifests.list(keys, ManifestCodec.prefix(keys.newest(), dataset));
  }
}
