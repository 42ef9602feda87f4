package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Function;

/// Which outputs a [MemoryCluster] does not take. All that goes to one partition at once is one batch, and is refused
/// together, unless the reason is one record's size or topic.
///
/// @param rule null for an output that is taken
record MemoryRefusals(Function<SinkRecord, @Nullable ChaparException> rule) {
    static final MemoryRefusals NONE = new MemoryRefusals(output -> null);

    record Sent(SourceRecord input, SinkRecord output) {
    }

    /// Takes what is refused out of `sent`.
    List<Refusal> takeFrom(List<Sent> sent, Function<SinkRecord, TopicPartition> places) {
        TreeMap<TopicPartition, ChaparException> batches = new TreeMap<>();
        for (Sent one : sent) {
            ChaparException own = rule.apply(one.output());
            if (own != null && !new Refusal(one.input(), one.output(), own).isExact()) {
                batches.putIfAbsent(places.apply(one.output()), own);
            }
        }
        List<Refusal> refusals = new ArrayList<>();
        sent.removeIf(one -> {
            ChaparException own = rule.apply(one.output());
            ChaparException cause = own != null ? own : batches.get(places.apply(one.output()));
            if (cause != null) {
                refusals.add(new Refusal(one.input(), one.output(), cause));
            }
            return cause != null;
        });
        return refusals;
    }
}
