package dev.lifeboat.cli.config;

/** What becomes of the audit trail. */
public record AuditSection(
    Place at,
    @Doc(
            value =
                "Whether records are copied into the vault; false only where this host may not write there.",
            fallback = "true")
        boolean copy) {}
