/** PostgreSQL databases, roles and globals, each database from one exported snapshot. */
@NullMarked
package dev.lifeboat.sources.postgres;

import org.jspecify.annotations.NullMarked;
