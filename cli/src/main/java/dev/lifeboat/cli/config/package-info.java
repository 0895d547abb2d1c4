/**
 * The configuration file: one YAML document, bound strictly to records.
 *
 * <p>The records are the only description of the file. From them and their {@link
 * dev.lifeboat.cli.config.Doc} annotations come the reader, its error messages, the defaults and
 * the published JSON schema, so these cannot disagree. A secret never stands in the file; see
 * {@link dev.lifeboat.cli.config.SecretSource}.
 */
@NullMarked
package dev.lifeboat.cli.config;

import org.jspecify.annotations.NullMarked;
