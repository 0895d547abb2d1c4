package dev.lifeboat.cli.command;

import dev.lifeboat.cli.CliException;
import dev.lifeboat.cli.ExitCode;
import dev.lifeboat.vault.region.RegionName;
import dev.lifeboat.vault.seal.TenantName;

/** Names on the command line. */
final class Names {
  private Names() {}

  static TenantName tenant(String text) {
    try {
      return new TenantName(text);
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
  }

  static RegionName region(String text) {
    try {
      return new RegionName(text);
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.USAGE, String.valueOf(e.getMessage()));
    }
  }
}
