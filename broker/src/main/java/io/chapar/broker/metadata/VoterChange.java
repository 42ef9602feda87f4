package io.chapar.broker.metadata;

import io.chapar.broker.config.HostPort;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.UUID;

/// A change of who votes on the cluster's metadata.
public sealed interface VoterChange {
    /// Of one that is added: that which it has said that it has.
    UUID ANY_FOLDER = new UUID(0, 0);

    int node();

    /// Of the voter's folder.
    UUID folder();

    /// @param at where the consensus library of the others reaches it
    record Add(int node, UUID folder, HostPort at) implements VoterChange {}

    record Remove(int node, UUID folder) implements VoterChange {}

    /// What became of it.
    ///
    /// @param why null where it was made
    record Ended(ErrorCode error, @Nullable String why) {
        public static final Ended MADE = new Ended(ErrorCode.NONE, null);
    }
}
