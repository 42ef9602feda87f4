package io.chapar.simulator;

import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/// What a data folder proves about earlier lives of its broker, as `broker.life` does: of which of them all is there
/// that they acknowledged.
final class ProvenLives {
    /// The latest last.
    private final List<UUID> lives = new ArrayList<>();
    private boolean isLost;

    /// What was not synced may be gone.
    void lost() {
        isLost = true;
    }

    /// Whether something may be gone that was there when it registered last.
    boolean mayLack() {
        return isLost;
    }

    /// Another life is about to register.
    ///
    /// @return the lives before it, of which all is there unless it [#mayLack] something
    List<UUID> begin(UUID incarnation) {
        List<UUID> before = List.copyOf(lives);
        lives.add(incarnation);
        if (lives.size() > RegisterBroker.MOST_LIVES) {
            // The first is the one that was seen to register.
            lives.remove(1);
        }
        return before;
    }

    /// The life that has begun stands in the metadata.
    void registered(UUID incarnation) {
        isLost = false;
        lives.clear();
        lives.add(incarnation);
    }
}
