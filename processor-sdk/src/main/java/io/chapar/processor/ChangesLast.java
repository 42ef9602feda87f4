package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.processor.jdbc.Row;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

import static java.util.Objects.requireNonNull;

/// In `AT_LEAST_ONCE`: what a row that was due has caused is written before the row goes. No position leads back to it,
/// as one does to a record, so that the row, as the changelog has it, is all that does. Entries for the changelogs of
/// steps of which rows become due ([DueStep]) are held until a flush, and sent when everything else that was sent
/// before is known to be written; those of a step whose rows cause changes in another such one when these are.
///
/// - Entries of one changelog keep their order.
/// - What was rolled back, or belongs to a stage that is not here any more, is not written afterwards.
/// - How much is held is bounded by what makes a commit due ([TaskState#heldBytes]).
final class ChangesLast {
    private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

    /// By changelog, when it comes: the steps of a stage one after the other, those furthest below first.
    private final TreeMap<String, Integer> turns = new TreeMap<>();
    private final StagesHere here;
    private List<Held> held = new ArrayList<>();
    /// By turn: what is being written.
    private final TreeMap<Integer, ArrayDeque<Held>> due = new TreeMap<>();

    /// What one record has caused for the changelogs of one turn.
    private static final class Held {
        private final SourceRecord input;
        private final int turn;
        private final List<SinkRecord> entries = new ArrayList<>();
        /// What was sent with it is on its way: only then a flush waits for that.
        private boolean isReady;

        Held(SourceRecord input, int turn) {
            this.input = input;
            this.turn = turn;
        }
    }

    private ChangesLast(Stages stages) {
        here = new StagesHere(stages);
        TreeMap<String, Integer> next = new TreeMap<>();
        for (String step : stages.timedFromBelow()) {
            String changelog = stages.names().changelog(step);
            turns.put(changelog, next.merge(requireNonNull(here.lead(changelog), "a step has a stage"), 1,
                    Integer::sum));
        }
    }

    /// The same ports where nothing of the kind is to be held.
    static Ports of(Ports ports, Stages stages, Delivery delivery) {
        if (delivery != Delivery.AT_LEAST_ONCE || stages.timedFromBelow().isEmpty()) {
            return ports;
        }
        ChangesLast changes = new ChangesLast(stages);
        return new Ports(changes.here.watch(ports.source(), changes::forget, changes::forgetElsewhere), () -> {
            changes.forget();
            return ports.sinks().open().thenApply(inner -> changes.new Sink(inner));
        }, ports.changelogs());
    }

    private void forget() {
        held.clear();
        due.clear();
    }

    private void forgetElsewhere() {
        held.removeIf(this::isElsewhere);
        due.values().forEach(turn -> turn.removeIf(this::isElsewhere));
    }

    private boolean isElsewhere(Held changes) {
        SinkRecord one = changes.entries.getFirst();
        return !here.has(new TopicPartition(
                one.topic(), requireNonNull(one.partition(), "changelogs are written by partition")));
    }

    private final class Sink implements RecordSink {
        private final RecordSink inner;

        Sink(RecordSink inner) {
            this.inner = inner;
        }

        @Override
        public CompletableFuture<Void> send(SourceRecord input, List<SinkRecord> records) {
            List<SinkRecord> now = new ArrayList<>(records.size());
            List<Held> later = new ArrayList<>(1);
            for (SinkRecord record : records) {
                Integer turn = turns.get(record.topic());
                if (turn == null) {
                    now.add(record);
                    continue;
                }
                if (later.isEmpty() || later.getLast().turn != turn) {
                    later.add(new Held(input, turn));
                }
                later.getLast().entries.add(record);
            }
            CompletableFuture<Void> sent = inner.send(input, now);
            held.addAll(later);
            return later.isEmpty() ? sent : sent.thenRun(() -> later.forEach(changes -> changes.isReady = true));
        }

        @Override
        public CompletableFuture<Void> flush() {
            due.clear();
            List<Held> rest = new ArrayList<>();
            for (Held changes : held) {
                if (changes.isReady) {
                    due.computeIfAbsent(changes.turn, turn -> new ArrayDeque<>()).addLast(changes);
                } else {
                    rest.add(changes);
                }
            }
            held = rest;
            return due.isEmpty() ? inner.flush() : inner.flush().thenCompose(flushed -> writeDue());
        }

        private CompletableFuture<Void> writeDue() {
            if (due.isEmpty()) {
                return DONE;
            }
            ArrayDeque<Held> turn = due.firstEntry().getValue();
            for (Held next = turn.pollFirst(); next != null; next = turn.pollFirst()) {
                CompletableFuture<Void> sent = inner.send(next.input, next.entries);
                if (!sent.isDone() || sent.isCompletedExceptionally()) {
                    return sent.thenCompose(there -> writeDue());
                }
            }
            due.pollFirstEntry();
            return inner.flush().thenCompose(flushed -> writeDue());
        }

        @Override
        public CompletableFuture<Void> begin() {
            return inner.begin();
        }

        @Override
        public @Nullable ChaparException refusal(SinkRecord record) {
            return inner.refusal(record);
        }

        @Override
        public void rows(SourceRecord input, List<Row> rows) {
            inner.rows(input, rows);
        }

        @Override
        public List<Refusal> takeRefusals() {
            return inner.takeRefusals();
        }

        @Override
        public Map<TopicPartition, Written> takeWritten() {
            return inner.takeWritten();
        }

        @Override
        public CompletableFuture<Void> stage(Map<TopicPartition, OffsetAndMetadata> positions, GroupMetadata group) {
            return inner.stage(positions, group);
        }

        @Override
        public CompletableFuture<Void> commit() {
            return inner.commit();
        }

        @Override
        public CompletableFuture<Void> abort() {
            return inner.abort();
        }

        /// What is held is of nothing that was committed.
        @Override
        public CompletableFuture<Void> close() {
            forget();
            return inner.close();
        }

        @Override
        public void drop() {
            forget();
            inner.drop();
        }
    }
}
