package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.UsageException;
import io.chapar.client.metadata.TopicView;
import org.jspecify.annotations.Nullable;

import java.util.UUID;

/// Says of a position that a database has it too ([LedgerSource]), and of which topic it is. It stands before the
/// position's own metadata, in the database and in the group alike.
///
/// ```
/// metadata    "chapar-ledger-1:" | the topic's id, or nothing where brokers have none | ':' | the position's own
/// ```
/// A position of the group without it was committed by something else than the mirror. One in the database without it
/// was written by a version that set no marks, in the group neither.
record MirrorMark(UUID topicId, String own) {
    private static final String OURS = "chapar-ledger-";
    private static final String PREFIX = OURS + "1:";

    /// Null when there is none. [UsageException] when it was set by a version that does it in another way.
    static @Nullable MirrorMark of(OffsetAndMetadata position) {
        return of(String.valueOf(position.metadata()));
    }

    private static @Nullable MirrorMark of(String metadata) {
        if (!metadata.startsWith(OURS)) {
            return null;
        }
        int end = metadata.indexOf(':', PREFIX.length());
        if (!metadata.startsWith(PREFIX) || end < 0) {
            throw unreadable(metadata, null);
        }
        String id = metadata.substring(PREFIX.length(), end);
        try {
            return new MirrorMark(id.isEmpty() ? TopicView.NO_ID : UUID.fromString(id), metadata.substring(end + 1));
        } catch (IllegalArgumentException e) {
            throw unreadable(metadata, e);
        }
    }

    private static UsageException unreadable(String metadata, @Nullable Throwable cause) {
        UsageException refused = new UsageException("The metadata of a committed position cannot be read, or is of a"
                + " later version of this application's SDK: " + metadata);
        if (cause != null) {
            refused.initCause(cause);
        }
        return refused;
    }

    static boolean isOn(OffsetAndMetadata position) {
        return of(position) != null;
    }

    static OffsetAndMetadata on(OffsetAndMetadata position, UUID topicId) {
        String id = topicId.equals(TopicView.NO_ID) ? "" : topicId.toString();
        return new OffsetAndMetadata(position.offset(), position.leaderEpoch(), PREFIX + id + ':'
                + without(position).metadata());
    }

    /// The same position with nothing but its own metadata.
    static OffsetAndMetadata without(OffsetAndMetadata position) {
        MirrorMark mark = of(position);
        return mark == null ? position : new OffsetAndMetadata(position.offset(), position.leaderEpoch(), mark.own);
    }

    /// What is left of such metadata.
    static String own(String metadata) {
        MirrorMark mark = of(metadata);
        return mark == null ? metadata : mark.own;
    }

    /// Whether it is known to be of another topic, of the same name.
    boolean isOfAnother(UUID id) {
        return !topicId.equals(id) && !topicId.equals(TopicView.NO_ID) && !id.equals(TopicView.NO_ID);
    }
}
