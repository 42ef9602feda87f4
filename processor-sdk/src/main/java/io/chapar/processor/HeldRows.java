package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.processor.jdbc.Row;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

import static java.util.Objects.requireNonNull;

/// Rows that a [RowSink] has not written yet, where the database does not have the positions. What is read again, here
/// or elsewhere, is written by whoever reads it, and not from here any more: another may have written later rows by
/// then.
///
/// - Of partitions that are not here any more nothing is held, nor of a timer whose stage is not.
/// - In `AT_LEAST_ONCE` nothing is held across a rewind; in `AT_MOST_ONCE` no position leads back to what is.
final class HeldRows {
    private final Delivery delivery;
    private final Stages stages;
    /// By changelog, whose partitions timers are of.
    private final TreeMap<String, String> leads = new TreeMap<>();
    private final TreeSet<TopicPartition> here = new TreeSet<>();
    private final List<Ledger.Entry> rows = new ArrayList<>();

    HeldRows(Delivery delivery, Stages stages) {
        this.delivery = delivery;
        this.stages = stages;
        stages.stepsByStage().forEach((lead, steps) ->
                steps.forEach(step -> leads.put(stages.names().changelog(step), lead)));
    }

    void add(SourceRecord input, List<Row> more) {
        rows.add(new Ledger.Entry(input, more));
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    List<Ledger.Entry> all() {
        return List.copyOf(rows);
    }

    List<Ledger.Entry> take() {
        List<Ledger.Entry> all = all();
        rows.clear();
        return all;
    }

    void forget() {
        rows.clear();
    }

    private void gone(SortedSet<TopicPartition> partitions) {
        here.removeAll(partitions);
        rows.removeIf(entry -> isElsewhere(entry.input().partition()));
    }

    private boolean isElsewhere(TopicPartition of) {
        if (!leads.containsKey(of.topic())) {
            return !here.contains(of);
        }
        String lead = requireNonNull(leads.get(of.topic()), "just looked for");
        return here.stream().noneMatch(input -> input.partition() == of.partition()
                && stages.lead(input.topic()).equals(lead));
    }

    /// The same source, whose partitions these rows go with.
    RecordSource with(RecordSource source) {
        return new Source(source);
    }

    private final class Source implements ForwardedSource {
        private final RecordSource source;

        Source(RecordSource source) {
            this.source = source;
        }

        @Override
        public RecordSource source() {
            return source;
        }

        @Override
        public CompletableFuture<Polled> poll(long maxWaitMs, SortedSet<TopicPartition> full, Rebalance listener) {
            return source.poll(maxWaitMs, full, new Watching(listener));
        }

        @Override
        public CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> rewind() {
            if (delivery == Delivery.AT_LEAST_ONCE) {
                forget();
            }
            return source.rewind();
        }

        @Override
        public CompletableFuture<Void> close(Rebalance listener) {
            return source.close(new Watching(listener));
        }
    }

    private final class Watching implements RecordSource.Rebalance {
        private final RecordSource.Rebalance listener;

        Watching(RecordSource.Rebalance listener) {
            this.listener = listener;
        }

        @Override
        public void assigned(SortedSet<TopicPartition> partitions) {
            here.addAll(partitions);
            listener.assigned(partitions);
        }

        /// What can be written before they go is.
        @Override
        public void revoked(SortedSet<TopicPartition> partitions, Runnable done) {
            listener.revoked(partitions, () -> {
                gone(partitions);
                done.run();
            });
        }

        @Override
        public void lost(SortedSet<TopicPartition> partitions) {
            gone(partitions);
            listener.lost(partitions);
        }

        @Override
        public void warned(ProcessorException what) {
            listener.warned(what);
        }
    }
}
