package io.chapar.client.consumer;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/// A fetch session with one node (KIP-227): what the broker remembers to be asked for, so that each request names the
/// changes only. Pure bookkeeping; one request at a time.
///
/// The session's epoch counts its requests; 0 asks for a new session and carries everything, also when an old id comes
/// with it, which the broker then forgets. A broker that keeps no session answers with id 0, and every request is
/// whole.
final class FetchSession {
    static final int NO_SESSION = 0;
    static final int NEW = 0;

    /// What is asked of one partition.
    record Wish(UUID topicId, long offset, int leaderEpoch, int lastFetchedEpoch, int maxBytes) {
    }

    /// One request: `named` are the partitions it names, `all` what is wanted altogether, `forgotten` what no longer
    /// is.
    record Plan(int sessionId, int epoch, SortedMap<TopicPartition, Wish> named, SortedMap<TopicPartition, Wish> all,
            SortedMap<TopicPartition, UUID> forgotten) {
        boolean isFull() {
            return epoch == NEW;
        }
    }

    private int id = NO_SESSION;
    private int epoch = NEW;
    private SortedMap<TopicPartition, Wish> remembered = new TreeMap<>();

    Plan next(Map<TopicPartition, Wish> wanted) {
        SortedMap<TopicPartition, Wish> all = new TreeMap<>(wanted);
        if (epoch == NEW) {
            return new Plan(id, NEW, all, all, new TreeMap<>());
        }
        SortedMap<TopicPartition, Wish> named = new TreeMap<>();
        SortedMap<TopicPartition, UUID> forgotten = new TreeMap<>();
        all.forEach((partition, wish) -> {
            Wish before = remembered.get(partition);
            if (!wish.equals(before)) {
                named.put(partition, wish);
            }
            if (before != null && !before.topicId().equals(wish.topicId())) {
                forgotten.put(partition, before.topicId());
            }
        });
        remembered.forEach((partition, wish) -> {
            if (!all.containsKey(partition)) {
                forgotten.put(partition, wish.topicId());
            }
        });
        return new Plan(id, epoch, named, all, forgotten);
    }

    /// The request was answered, without an error for the whole of it.
    void accepted(Plan plan, int sessionId) {
        if (sessionId == NO_SESSION || (!plan.isFull() && sessionId != id)) {
            id = NO_SESSION;
            epoch = NEW;
            remembered = new TreeMap<>();
            return;
        }
        id = sessionId;
        epoch = plan.epoch() == Integer.MAX_VALUE ? 1 : plan.epoch() + 1;
        remembered = plan.all();
    }

    void refused(ErrorCode error) {
        if (error == ErrorCode.FETCH_SESSION_ID_NOT_FOUND) {
            id = NO_SESSION;
        }
        lost();
    }

    /// Whether the broker has counted the request is not known: the session is replaced.
    void lost() {
        epoch = NEW;
        remembered = new TreeMap<>();
    }
}
