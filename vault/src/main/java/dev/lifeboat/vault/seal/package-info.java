/**
 * Keys, and what is sealed or signed with them: the recovery kit, recipients, tenants, the host's
 * keystore, the vault document, key objects.
 *
 * <p>Who can do what with which key is {@code docs/threat-model.md}. Types that hold a secret are
 * never records, redact {@code toString}, and are closed to wipe it.
 */
@NullMarked
package dev.lifeboat.vault.seal;

import org.jspecify.annotations.NullMarked;
