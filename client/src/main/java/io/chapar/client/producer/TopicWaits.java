package io.chapar.client.producer;

import io.chapar.client.ChaparException;
import io.chapar.client.Disposition;
import io.chapar.client.FatalException;
import io.chapar.client.RetriableException;
import io.chapar.client.metadata.ClusterView;
import io.chapar.client.metadata.Metadata;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// Records whose topic is not known yet, in the order in which they came, each for at most `max.block.ms`. A topic is
/// asked for no longer once they have all been refused. On the loop only.
final class TopicWaits {
    @FunctionalInterface
    interface Placing {
        void place(PendingRecord record, int partitionCount);
    }

    private final Metadata metadata;
    private final long maxWaitMs;
    private final Placing placing;
    private final BiConsumer<PendingRecord, ChaparException> refusing;
    private final Predicate<String> isInUse;
    private final Map<String, ArrayDeque<PendingRecord>> byTopic = new TreeMap<>();
    /// Topics of the view that was looked at last, for each record's way. Looked up, never iterated.
    private final Map<String, TopicView> known = new HashMap<>();
    private ClusterView seen = ClusterView.EMPTY;

    /// `isInUse`: whether records of the topic are under way, from a time when it was known.
    TopicWaits(Metadata metadata, long maxWaitMs, Placing placing,
            BiConsumer<PendingRecord, ChaparException> refusing, Predicate<String> isInUse) {
        this.metadata = metadata;
        this.maxWaitMs = maxWaitMs;
        this.placing = placing;
        this.refusing = refusing;
        this.isInUse = isInUse;
    }

    boolean isEmpty() {
        return byTopic.isEmpty();
    }

    /// Places the record at once, or keeps it until its topic is known.
    void offer(PendingRecord record, long nowMs) {
        TopicView topic = view(record.topic());
        if (topic != null && topic.partitionCount() > 0 && !byTopic.containsKey(record.topic())) {
            placing.place(record, topic.partitionCount());
            return;
        }
        byTopic.computeIfAbsent(record.topic(), name -> new ArrayDeque<>()).addLast(record.alone());
        metadata.watch(record.topic());
        if (topic == null && metadata.view().errors().containsKey(record.topic())) {
            metadata.askAgain(record.topic());
        }
        expire(nowMs);
    }

    @SuppressWarnings("ReferenceEquality")
    private @Nullable TopicView view(String topic) {
        ClusterView now = metadata.view();
        if (now != seen) {
            seen = now;
            known.clear();
        }
        TopicView view = known.get(topic);
        if (view == null) {
            view = now.topic(topic);
            if (view != null) {
                known.put(topic, view);
            }
        }
        return view;
    }

    /// The view changed, or could not be had.
    void resolve(long nowMs) {
        for (String topic : List.copyOf(byTopic.keySet())) {
            TopicView view = metadata.view().topic(topic);
            ErrorCode error = metadata.view().errors().getOrDefault(topic, ErrorCode.NONE);
            if (view != null && view.partitionCount() > 0) {
                end(topic, any -> true, record -> placing.place(record, view.partitionCount()));
            } else if (error != ErrorCode.NONE && !Disposition.of(error).mayRetry()) {
                FatalException cause = new FatalException(error, "Topic " + topic + ": " + error);
                if (end(topic, any -> true, record -> refusing.accept(record, cause))) {
                    letGo(topic);
                }
            } else {
                metadata.askAgain(topic);
            }
        }
        expire(nowMs);
    }

    void expire(long nowMs) {
        if (byTopic.isEmpty() || deadlineMs() > nowMs) {
            return;
        }
        for (String topic : List.copyOf(byTopic.keySet())) {
            if (end(topic, record -> record.acceptedMs() + maxWaitMs <= nowMs,
                    record -> refusing.accept(record, overdue(topic)))) {
                letGo(topic);
            }
        }
    }

    /// Ends the waiting of the topic's records, as long as they are due. Each is off the list when its caller is told,
    /// and the others are on it, since the caller may close the producer. Returns whether none was left.
    private boolean end(String topic, Predicate<PendingRecord> isDue, Consumer<PendingRecord> how) {
        ArrayDeque<PendingRecord> records = byTopic.get(topic);
        if (records == null) {
            return false;
        }
        while (!records.isEmpty() && isDue.test(records.peekFirst())) {
            how.accept(records.removeFirst());
        }
        return records.isEmpty() && byTopic.remove(topic, records);
    }

    private void letGo(String topic) {
        if (!isInUse.test(topic)) {
            metadata.unwatch(topic);
        }
    }

    private ChaparException overdue(String topic) {
        ErrorCode error = metadata.view().errors().getOrDefault(topic, ErrorCode.NONE);
        String why = error != ErrorCode.NONE ? "the broker says " + error
                : metadata.lastFault().isEmpty() ? "no broker has described it" : metadata.lastFault();
        return new RetriableException(error, "Topic " + topic + " is not known after " + maxWaitMs + " ms: " + why);
    }

    void failAll(ChaparException cause) {
        for (String topic : List.copyOf(byTopic.keySet())) {
            end(topic, any -> true, record -> refusing.accept(record, cause));
        }
    }

    /// When the first one's time is over, [Long#MAX_VALUE] when none waits.
    long deadlineMs() {
        long oldest = oldestMs();
        return oldest == Long.MAX_VALUE ? oldest : oldest + maxWaitMs;
    }

    long oldestMs() {
        long oldest = Long.MAX_VALUE;
        for (ArrayDeque<PendingRecord> records : byTopic.values()) {
            PendingRecord first = records.peekFirst();
            oldest = first == null ? oldest : Math.min(oldest, first.acceptedMs());
        }
        return oldest;
    }
}
