package io.chapar.broker.metadata.quorum;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.UUID;

/// What a voter tells a broker that does not vote.
///
/// @param group of its quorum
/// @param controller the node that decides, as far as it knows; [io.chapar.broker.metadata.MetadataQuorum#NOBODY]
/// @param version of its own image
record FeedTold(UUID group, int controller, long version, Content content) {
    sealed interface Content {}

    /// There is nothing that the other does not have.
    record Nothing() implements Content {}

    /// @param entries of the log, one after the other, from the version on that was asked for; at least one
    record Entries(List<ByteBuffer> entries) implements Content {}

    /// A part of what all entries add up to.
    ///
    /// @param snapshot the version that it is of
    /// @param total bytes of the whole
    record Piece(long snapshot, int total, int offset, ByteBuffer bytes) implements Content {}
}
