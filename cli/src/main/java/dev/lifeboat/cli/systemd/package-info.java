/** What the service and systemd say to each other: unit files, and messages of how it goes. */
@NullMarked
package dev.lifeboat.cli.systemd;

import org.jspecify.annotations.NullMarked;
