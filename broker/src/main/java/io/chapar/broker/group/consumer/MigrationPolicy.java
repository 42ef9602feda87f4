package io.chapar.broker.group.consumer;

import org.jspecify.annotations.Nullable;

import java.util.Locale;

/// Which groups with members may change their protocol (`group.consumer.migration.policy`). Without members every
/// group may.
public enum MigrationPolicy {
    DISABLED(false, false), UPGRADE(true, false), DOWNGRADE(false, true), BIDIRECTIONAL(true, true);

    private final boolean upgrades;
    private final boolean downgrades;

    MigrationPolicy(boolean upgrades, boolean downgrades) {
        this.upgrades = upgrades;
        this.downgrades = downgrades;
    }

    /// Null when there is none of this name.
    public static @Nullable MigrationPolicy of(String name) {
        for (MigrationPolicy one : values()) {
            if (one.kafkaName().equals(name.strip().toLowerCase(Locale.ROOT))) {
                return one;
            }
        }
        return null;
    }

    public String kafkaName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// From the classic protocol to that of consumers.
    public boolean upgrades() {
        return upgrades;
    }

    public boolean downgrades() {
        return downgrades;
    }
}
