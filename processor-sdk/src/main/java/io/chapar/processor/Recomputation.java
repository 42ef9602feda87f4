package io.chapar.processor;

import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// What records come to when each is processed once, in order, from empty stores: what an application that is exactly
/// once has written and knows in the end, whatever happened on the way.
final class Recomputation {
    private final Plan plan;
    private final States states;
    private final TreeMap<TopicPartition, TaskState> tasks = new TreeMap<>();
    private final List<SinkRecord> outputs = new ArrayList<>();

    Recomputation(Plan plan) {
        this.plan = plan;
        states = new States(plan.stages(), new StateBudget(Long.MAX_VALUE));
    }

    /// The next record of its stage and partition.
    void process(SourceRecord record) {
        TaskState state = tasks.computeIfAbsent(states.stage(record.partition()), states::of);
        Changes changes = new Changes(state);
        outputs.addAll(plan.process(record, changes));
        state.apply(changes);
        state.commit();
    }

    List<SinkRecord> outputs() {
        return outputs;
    }

    /// The entries of each changelog that has some.
    SortedMap<TopicPartition, SortedMap<byte[], byte[]>> state() {
        TreeMap<TopicPartition, SortedMap<byte[], byte[]>> entries = new TreeMap<>();
        tasks.values().forEach(task -> task.changelogs().forEach((changelog, store) -> {
            SortedMap<byte[], byte[]> copy = Store.entries();
            copy.putAll(store.committed());
            entries.put(changelog, copy);
        }));
        return entries;
    }
}
