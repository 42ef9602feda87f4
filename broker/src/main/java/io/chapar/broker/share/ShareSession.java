package io.chapar.broker.share;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.UUID;

/// What one member of a share group reads from this broker, remembered from fetch to fetch; and under whose name it
/// holds records. Ends with its connection.
final class ShareSession {
    private static final int BYTES = 500;
    private static final int PARTITION_BYTES = 120;

    /// A partition as the client names it.
    record Part(UUID topicId, int partition) implements Comparable<Part> {
        @Override
        public int compareTo(Part other) {
            int byTopic = topicId.compareTo(other.topicId);
            return byTopic != 0 ? byTopic : Integer.compare(partition, other.partition);
        }
    }

    private final String groupId;
    private final String memberId;
    private final String holder;
    private final Object connection;
    private int nextEpoch = 1;
    private final SequencedSet<Part> parts = new LinkedHashSet<>();

    /// @param holder that no other session has
    ShareSession(String groupId, String memberId, String holder, Object connection) {
        this.groupId = groupId;
        this.memberId = memberId;
        this.holder = holder;
        this.connection = connection;
    }

    String groupId() {
        return groupId;
    }

    String memberId() {
        return memberId;
    }

    String holder() {
        return holder;
    }

    boolean isOf(Object other) {
        return connection.equals(other);
    }

    /// Whether this is the request that comes next; then the one after it comes next.
    boolean advance(int epoch) {
        if (epoch != nextEpoch) {
            return false;
        }
        nextEpoch = nextEpoch == Integer.MAX_VALUE ? 1 : nextEpoch + 1;
        return true;
    }

    void add(Part part) {
        parts.add(part);
    }

    boolean has(Part part) {
        return parts.contains(part);
    }

    boolean remove(Part part) {
        return parts.remove(part);
    }

    List<Part> inOrder() {
        return new ArrayList<>(parts);
    }

    /// It comes last next time, so that a full answer starves nobody.
    void hadItsTurn(Part part) {
        if (parts.remove(part)) {
            parts.addLast(part);
        }
    }

    long bytes() {
        return BYTES + 4L * (groupId.length() + memberId.length()) + (long) PARTITION_BYTES * parts.size();
    }
}
