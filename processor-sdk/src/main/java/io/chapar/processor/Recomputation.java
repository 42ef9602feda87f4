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

    /// The next record of its stage and partition, or a timer. `wallClockMs`: when it was worked on.
    void process(SourceRecord record, long wallClockMs) {
        TaskState state = state(record);
        Changes changes = new Changes(state, () -> wallClockMs);
        outputs.addAll(Observations.outputs(plan.process(record, changes), changes));
        state.apply(changes);
        state.commit(true, 0);
    }

    /// A timer that was given up.
    void discard(SourceRecord timer) {
        TaskState state = state(timer);
        Changes changes = new Changes(state, () -> 0);
        plan.discard(timer, changes);
        state.apply(changes);
        state.commit(true, 0);
    }

    private TaskState state(SourceRecord record) {
        String topic = record.partition().topic();
        String lead = states.stageByChangelog().getOrDefault(topic, plan.stages().lead(topic));
        return tasks.computeIfAbsent(new TopicPartition(lead, record.partition().partition()), states::of);
    }

    List<SinkRecord> outputs() {
        return outputs;
    }

    /// The entries of each changelog that has some.
    SortedMap<TopicPartition, SortedMap<byte[], byte[]>> state() {
        TreeMap<TopicPartition, SortedMap<byte[], byte[]>> entries = new TreeMap<>();
        tasks.values().forEach(task -> task.changelogs().forEach((changelog, store) -> {
            SortedMap<byte[], byte[]> copy = Store.entries();
            copy.putAll(store.entriesNow());
            entries.put(changelog, copy);
        }));
        return entries;
    }
}
