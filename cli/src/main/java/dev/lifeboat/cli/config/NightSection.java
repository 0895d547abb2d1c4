package dev.lifeboat.cli.config;

import java.time.Duration;

/** How a night is run. */
public record NightSection(
    Place at,
    @Doc(value = "How many datasets are captured at once.", fallback = "2", atLeast = 1)
        int parallel,
    @Doc(
            value = "How many bytes of ciphertext each night hashes against their names.",
            fallback = "10GiB")
        ByteSize verifyBudget,
    @Doc(
            value =
                "A night that was interrupted less than this ago is continued, an older one begun anew.",
            fallback = "20h")
        Duration continueWithin) {}
