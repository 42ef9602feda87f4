package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/// Which partitions of which stages are here, for whoever holds something that goes with them: what a source hands out
/// and takes away is seen on its way. On the loop of the cycle.
final class StagesHere {
    private final Stages stages;
    /// By changelog, whose partitions are those of a stage.
    private final TreeMap<String, String> leads = new TreeMap<>();
    private final TreeSet<TopicPartition> here = new TreeSet<>();

    StagesHere(Stages stages) {
        this.stages = stages;
        stages.stepsByStage().forEach((lead, steps) ->
                steps.forEach(step -> leads.put(stages.names().changelog(step), lead)));
    }

    /// The stage that writes the changelog; null where the topic is none.
    @Nullable String lead(String changelog) {
        return leads.get(changelog);
    }

    /// Whether an input partition is here, or the stage of a changelog's partition.
    boolean has(TopicPartition of) {
        String lead = lead(of.topic());
        return lead == null ? here.contains(of) : here.stream().anyMatch(input ->
                input.partition() == of.partition() && stages.lead(input.topic()).equals(lead));
    }

    /// @param rewound before reading goes back
    /// @param gone when fewer are here than before
    RecordSource watch(RecordSource source, Runnable rewound, Runnable gone) {
        return new Source(source, rewound, gone);
    }

    private final class Source implements ForwardedSource {
        private final RecordSource source;
        private final Runnable rewound;
        private final Runnable gone;

        Source(RecordSource source, Runnable rewound, Runnable gone) {
            this.source = source;
            this.rewound = rewound;
            this.gone = gone;
        }

        @Override
        public RecordSource source() {
            return source;
        }

        @Override
        public CompletableFuture<Polled> poll(long maxWaitMs, SortedSet<TopicPartition> full, Rebalance listener) {
            return source.poll(maxWaitMs, full, new Watching(listener, gone));
        }

        @Override
        public CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> rewind() {
            rewound.run();
            return source.rewind();
        }

        @Override
        public CompletableFuture<Void> close(Rebalance listener) {
            return source.close(new Watching(listener, gone));
        }
    }

    private final class Watching implements RecordSource.Rebalance {
        private final RecordSource.Rebalance listener;
        private final Runnable gone;

        Watching(RecordSource.Rebalance listener, Runnable gone) {
            this.listener = listener;
            this.gone = gone;
        }

        private void remove(SortedSet<TopicPartition> partitions) {
            here.removeAll(partitions);
            gone.run();
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
                remove(partitions);
                done.run();
            });
        }

        @Override
        public void lost(SortedSet<TopicPartition> partitions) {
            remove(partitions);
            listener.lost(partitions);
        }

        @Override
        public void warned(ProcessorException what) {
            listener.warned(what);
        }
    }
}
