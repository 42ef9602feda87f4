package io.chapar.processor;

import io.chapar.client.AbortableException;
import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.consumer.OffsetReset;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/// Where one member begins to read with [StartFrom#LATEST]. An end is the end of a moment: whoever looked for it again
/// after a crash, or as the next owner, would pass over what has come since. So:
///
/// - Nothing of a partition is read before the group has committed where it begins; nor is it given up meanwhile.
/// - It begins at its end where the group had committed nothing in any partition of its topic when this member looked:
///   before it joined, for what the first assignment gives it, since others of that generation commit theirs meanwhile.
/// - It begins with its first record where the group has begun the topic already: it was added later, or its first
///   owner died before it could commit.
///
/// On the consumer's loop only.
final class StartAtEnd {
    private static final long AGAIN_MS = 100;

    /// What is asked of the cluster, and done with the partition.
    interface Cluster {
        long nowMs();

        CompletableFuture<SortedSet<TopicPartition>> partitions(Collection<String> topics);

        CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> committed(Collection<TopicPartition> partitions);

        CompletableFuture<SortedMap<TopicPartition, OffsetAndMetadata>> offsets(
                Collection<TopicPartition> partitions, OffsetReset which);

        CompletableFuture<Void> commit(Map<TopicPartition, OffsetAndMetadata> positions);

        /// Reading begins there. May be called of partitions that are owned alone.
        void begin(SortedMap<TopicPartition, OffsetAndMetadata> positions);

        /// The poll under way has something to tell.
        void wakeup();
    }

    private final Cluster cluster;
    private final SortedSet<String> topics;
    /// Null until it was begun.
    private @Nullable CompletableFuture<Void> look;
    /// As of the look: the partitions of topics that the group has not begun; from the first assignment on those of
    /// them that came with it.
    private final TreeSet<TopicPartition> untouched = new TreeSet<>();
    private boolean assigned;
    private final TreeSet<TopicPartition> open = new TreeSet<>();
    private final TreeMap<TopicPartition, OffsetAndMetadata> began = new TreeMap<>();
    private CompletableFuture<Void> underWay = CompletableFuture.completedFuture(null);
    private long notBeforeMs = Long.MIN_VALUE;
    private @Nullable ChaparException failure;

    /// `topics`: none when positions that are missing are the consumer's business.
    StartAtEnd(Cluster cluster, SortedSet<String> topics) {
        this.cluster = cluster;
        this.topics = topics;
    }

    /// Before the member joins its group; again after it has failed.
    CompletableFuture<Void> look() {
        if (topics.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        if (look == null || look.isCompletedExceptionally()) {
            look = cluster.partitions(topics).thenCompose(all -> cluster.committed(all).thenAccept(committed -> {
                SortedSet<String> begun = topicsOf(committed.keySet());
                all.stream().filter(one -> !begun.contains(one.topic())).forEach(untouched::add);
            }));
        }
        return look;
    }

    void assigned(SortedSet<TopicPartition> partitions) {
        if (!assigned) {
            assigned = true;
            untouched.retainAll(partitions);
        }
        partitions.stream().filter(one -> topics.contains(one.topic())).forEach(open::add);
        step();
    }

    /// Not to be read yet.
    SortedSet<TopicPartition> open() {
        return open;
    }

    /// Where the group stood when reading of this partition began; null when that was not found here.
    @Nullable OffsetAndMetadata began(TopicPartition partition) {
        return began.get(partition);
    }

    /// These begin elsewhere, or are not owned any more.
    void forget(Collection<TopicPartition> partitions) {
        partitions.forEach(partition -> {
            open.remove(partition);
            untouched.remove(partition);
            began.remove(partition);
        });
    }

    /// Ends when nothing is under way that another owner would have to wait for. Does not fail.
    CompletableFuture<Void> rest() {
        return underWay;
    }

    /// Why this cannot go on, once; null when nothing is known to be in the way for good.
    @Nullable ChaparException takeFailure() {
        ChaparException taken = failure;
        failure = null;
        return taken;
    }

    /// In each poll: begins what is to be done now.
    void step() {
        if (open.isEmpty() || !underWay.isDone() || cluster.nowMs() < notBeforeMs) {
            return;
        }
        underWay = attempt().handle((nothing, cause) -> {
            if (cause != null) {
                failed(ClientCalls.cause(cause));
            }
            return null;
        });
    }

    private CompletableFuture<Void> attempt() {
        TreeSet<TopicPartition> some = new TreeSet<>(open);
        return cluster.partitions(topicsOf(some)).thenCompose(all -> {
            TreeSet<TopicPartition> asked = new TreeSet<>(some);
            asked.addAll(all);
            return cluster.committed(asked);
        }).thenCompose(committed -> {
            some.retainAll(open);
            TreeMap<TopicPartition, OffsetAndMetadata> found = new TreeMap<>(committed);
            found.keySet().retainAll(some);
            begin(found);
            some.removeAll(found.keySet());
            return missing(some, topicsOf(committed.keySet()));
        });
    }

    private CompletableFuture<Void> missing(SortedSet<TopicPartition> some, Set<String> begun) {
        TreeSet<TopicPartition> late = new TreeSet<>(some);
        late.removeIf(one -> untouched.contains(one) || !begun.contains(one.topic()));
        TreeSet<TopicPartition> fresh = new TreeSet<>(some);
        fresh.removeAll(late);
        return offsets(late, OffsetReset.EARLIEST).thenCompose(firsts ->
                offsets(fresh, OffsetReset.LATEST).thenCompose(ends -> {
                    TreeMap<TopicPartition, OffsetAndMetadata> begin = new TreeMap<>(firsts);
                    begin.putAll(ends);
                    begin.keySet().retainAll(open);
                    return begin.isEmpty() ? CompletableFuture.completedFuture(null)
                            : cluster.commit(begin).thenAccept(nothing -> begin(begin));
                }));
    }

    private CompletableFuture<SortedMap<TopicPartition, OffsetAndMetadata>> offsets(
            SortedSet<TopicPartition> partitions, OffsetReset which) {
        return partitions.isEmpty() ? CompletableFuture.completedFuture(new TreeMap<>())
                : cluster.offsets(partitions, which);
    }

    private void begin(SortedMap<TopicPartition, OffsetAndMetadata> positions) {
        positions.keySet().retainAll(open);
        if (!positions.isEmpty()) {
            open.removeAll(positions.keySet());
            untouched.removeAll(positions.keySet());
            began.putAll(positions);
            cluster.begin(positions);
        }
    }

    private void failed(Throwable cause) {
        notBeforeMs = cluster.nowMs() + AGAIN_MS;
        boolean passes = cause instanceof ChaparException known && (Reaction.isMemberFence(known)
                || known instanceof RetriableException || known instanceof AbortableException
                || known instanceof UnknownOutcomeException);
        if (!passes) {
            failure = cause instanceof ChaparException known ? known : new FatalException(
                    ErrorCode.UNKNOWN_SERVER_ERROR, "Where to begin reading cannot be found", cause);
        }
        // Now, or at the next one.
        cluster.wakeup();
    }

    private static SortedSet<String> topicsOf(Collection<TopicPartition> partitions) {
        TreeSet<String> topics = new TreeSet<>();
        partitions.forEach(partition -> topics.add(partition.topic()));
        return topics;
    }
}
