package io.chapar.broker.liveness;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.UUID;

/// Whether a broker that begins has all that its earlier lives acknowledged. What was written but not synced survives
/// the end of the process, in the memory of the machine; it does not survive the machine's.
sealed interface LifeProof {
    /// @param lives of which nothing is lost, the latest last
    record Proven(List<UUID> lives) implements LifeProof {
        public Proven {
            lives = List.copyOf(lives);
        }
    }

    /// @param why as the end of a sentence
    record Unproven(String why) implements LifeProof {}

    /// Where a broker begins.
    ///
    /// @param boot drawn by the machine when it started; null where it draws none
    /// @param volume number of the device on which the folder is
    /// @param folder number of the folder on that device
    /// @param distrust why files here may be lost though the machine runs on, as the end of a sentence; null where they
    ///        may not
    record Place(@Nullable UUID boot, long volume, long folder, @Nullable String distrust) {}

    /// @param before what the folder says; null where it says nothing
    static LifeProof judge(@Nullable LifeNote before, Place now) {
        if (before == null) {
            return new Unproven("there is no file " + BrokerLife.NAME);
        }
        if (before.hasFailed()) {
            return new Unproven("the disk failed to keep what was written");
        }
        if (before.isClean()) {
            return new Proven(before.lives());
        }
        String why = doubt(before, now);
        return why == null ? new Proven(before.lives()) : new Unproven("it did not stop cleanly, and " + why);
    }

    private static @Nullable String doubt(LifeNote before, Place now) {
        if (now.distrust() != null) {
            return now.distrust();
        }
        if (now.boot() == null || before.boot() == null) {
            return "this system does not say when it started";
        }
        if (!now.boot().equals(before.boot())) {
            return "the machine has started anew since";
        }
        return now.volume() == before.volume() && now.folder() == before.folder() ? null
                : "the data folder is another one than it was";
    }
}
