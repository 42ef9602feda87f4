package io.chapar.broker.metadata.quorum;

import java.util.UUID;

/// What a broker that does not vote has of the metadata, and wants more of.
///
/// @param group of the quorum that it was told by; [#NO_GROUP] before it knows one
/// @param version of its image; [#NOTHING] where it wants all of it
/// @param snapshot the version of the snapshot that it has a part of; [#NOTHING] for none
/// @param offset from which on it wants more of that
record FeedAsk(UUID group, long version, long snapshot, int offset) {
    static final UUID NO_GROUP = new UUID(0, 0);
    static final long NOTHING = -1;
}
