package io.chapar.txn;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;

/// All transactional ids of one coordinator: the committed state of each, at most one record of each that is not
/// committed yet, the requests that wait for it, and the moment at which each wants to be looked at.
final class TxnTable {
    static final long NEVER = Long.MAX_VALUE;
    static final long AT_ONCE = Long.MIN_VALUE;

    private static final int ID = 400;
    private static final int PARTITION = 300;
    private static final int WAITING = 200;

    private final TreeMap<String, Entry> entries = new TreeMap<>();
    private final TreeSet<Due> dues = new TreeSet<>();
    private int open = 0;
    private long bytes = 0;

    /// Null when nothing is known of the id and nothing is under way.
    @Nullable Entry find(String transactionalId) {
        return entries.get(transactionalId);
    }

    Entry open(String transactionalId) {
        return entries.computeIfAbsent(transactionalId, Entry::new);
    }

    /// Ids that are known or about to be: those of which nothing is known and which nobody asks about are not here.
    int size() {
        return entries.size();
    }

    /// Ids with a transaction that is open, or about to be.
    int open() {
        return open;
    }

    /// About what all of it takes in memory.
    long bytes() {
        return bytes;
    }

    /// Drops the entry if nothing holds it, else files it under the moment it wants next.
    void settle(Entry entry, long dueMs) {
        if (entry.due != null) {
            dues.remove(entry.due);
            entry.due = null;
        }
        boolean isOpen = entry.state instanceof TxnState.Ongoing
                || entry.state instanceof TxnState.Preparing
                || (entry.undecided != null && entry.undecided.state() instanceof TxnState.Ongoing);
        open += (isOpen ? 1 : 0) - (entry.countsAsOpen ? 1 : 0);
        entry.countsAsOpen = isOpen;
        if (entry.state == null && entry.undecided == null && entry.waiting.isEmpty()) {
            entries.remove(entry.transactionalId);
            bytes -= entry.counted;
            entry.counted = 0;
            return;
        }
        long now = entry.bytes();
        bytes += now - entry.counted;
        entry.counted = now;
        if (dueMs != NEVER) {
            entry.due = new Due(dueMs, entry.transactionalId);
            dues.add(entry.due);
        }
    }

    // ---- about how many bytes

    static long bytesOf(String transactionalId) {
        return ID + 2L * transactionalId.length();
    }

    static long bytesOf(Collection<TopicPartition> partitions) {
        return (long) PARTITION * partitions.size();
    }

    private static long bytesOf(@Nullable TxnState state) {
        return switch (state) {
            case null -> 0;
            case TxnState.Ongoing open -> bytesOf(open.partitions());
            case TxnState.Preparing open -> bytesOf(open.partitions());
            case TxnState.Empty _, TxnState.Completed _ -> 0;
        };
    }

    long nextDueMs() {
        return dues.isEmpty() ? NEVER : dues.first().atMs();
    }

    /// Takes each entry that is due once, earliest first, and no more than so many.
    void takeDue(long nowMs, int most, Consumer<Entry> taken) {
        List<Due> ripe = dues.headSet(new Due(nowMs + 1, "")).stream().limit(most).toList();
        for (Due due : ripe) {
            Entry entry = entries.get(due.transactionalId());
            if (entry != null && due.equals(entry.due)) {
                dues.remove(due);
                entry.due = null;
                taken.accept(entry);
            }
        }
    }

    void forEachEntry(Consumer<Entry> visitor) {
        entries.values().forEach(visitor);
    }

    void forEachState(BiConsumer<String, TxnState> visitor) {
        for (Entry entry : entries.values()) {
            if (entry.state != null) {
                visitor.accept(entry.transactionalId, entry.state);
            }
        }
    }

    SequencedMap<String, TxnState> states() {
        SequencedMap<String, TxnState> states = new TreeMap<>();
        forEachState(states::put);
        return states;
    }

    /// A request and until when it may wait.
    record Waiting(long request, TxnCommand command, long deadlineMs) {}

    /// The record of a request that was decided as if the one before it was committed.
    record Behind(TxnRecord record, Waiting author, @Nullable TxnReply whenCommitted) {}

    private record Due(long atMs, String transactionalId) implements Comparable<Due> {
        @Override
        public int compareTo(Due other) {
            int byTime = Long.compare(atMs, other.atMs);
            return byTime != 0 ? byTime : transactionalId.compareTo(other.transactionalId);
        }
    }

    /// What is under way for one transactional id.
    static final class Entry {
        final String transactionalId;
        /// Committed. Null when the id is not known.
        @Nullable TxnState state;
        /// Appended and not yet known to be committed. While it is set, no other command is decided.
        @Nullable TxnRecord undecided;
        /// What led to `undecided`.
        @Nullable TxnCommand cause;
        /// Whose answer hangs on `undecided`; null when the coordinator itself appended it.
        @Nullable Waiting author;
        @Nullable TxnReply replyWhenCommitted;
        @Nullable TxnCommand decideNext;
        /// Appended in one batch with `undecided`, in whose place it comes when that is known to be committed or not.
        @Nullable Behind behind;
        /// In order of arrival; the head is decided again whenever something changed.
        final Deque<Waiting> waiting = new ArrayDeque<>();
        /// While `state` is [TxnState.Ongoing]: the earliest time at which it was seen so.
        long openSeenMs = NEVER;
        /// While `state` is [TxnState.Preparing].
        @Nullable MarkerFanout fanout;
        /// A write of the coordinator's own failed; not before this moment again.
        long notBeforeMs = AT_ONCE;
        /// Who shut out the pairs before the current one, for people; null when that was before this coordinator's
        /// time.
        @Nullable String fencer;
        private boolean countsAsOpen;
        private long counted;
        private @Nullable Due due;

        Entry(String transactionalId) {
            this.transactionalId = transactionalId;
        }

        /// Who owes a marker of the decided transaction.
        MarkerFanout markers() {
            return requireNonNull(fanout, "markers are owed from the moment a transaction is decided");
        }

        private long bytes() {
            long bytes = bytesOf(transactionalId) + bytesOf(state);
            bytes += undecided == null ? 0 : bytesOf(undecided.state());
            bytes += behind == null ? 0 : bytesOf(behind.record().state());
            // While markers are on their way, who owes one is kept beside the state.
            bytes += fanout == null ? 0 : bytesOf(state);
            for (Waiting one : waiting) {
                bytes += WAITING + (one.command() instanceof TxnCommand.AddPartitions add
                        ? bytesOf(add.partitions()) : 0);
            }
            return bytes;
        }

        long firstDeadlineMs() {
            long first = NEVER;
            for (Waiting one : waiting) {
                first = Math.min(first, one.deadlineMs());
            }
            return first;
        }

        Iterator<Waiting> waitingInOrder() {
            return waiting.iterator();
        }
    }
}
