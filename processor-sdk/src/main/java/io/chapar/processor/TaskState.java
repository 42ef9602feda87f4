package io.chapar.processor;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

import static java.util.Objects.requireNonNull;

/// What the stateful steps of one stage know at one partition. Built from the changelogs before the first record there
/// is worked on, and anew whenever it is not certain what was committed. Shared by the [Task]s of the stage's inputs,
/// which one thread has together.
final class TaskState {
    /// Nothing comes of `topic` since then, so records of others wait.
    record HeldBack(String topic, long sinceMs) {
    }

    private final States states;
    private final int partition;
    private final TreeMap<String, Store> stores = new TreeMap<>();
    /// The topic of each step.
    private final TreeMap<String, String> changelogs = new TreeMap<>();
    /// The steps of which rows become due.
    private final TreeSet<String> timedSteps = new TreeSet<>();
    private boolean restored;
    /// How many records and timers of it are being worked on.
    private int atWork;
    private @Nullable HeldBack heldBack;

    TaskState(States states, TopicPartition stage) {
        this.states = states;
        partition = stage.partition();
        states.steps(stage.topic()).forEach(step -> {
            stores.put(step, new Store(states.budget(), states.storage().rows(step, partition)));
            changelogs.put(step, states.changelog(step));
        });
        timedSteps.addAll(stores.keySet());
        timedSteps.retainAll(states.stages().timedSteps().keySet());
        restored = waitsForNothing();
    }

    /// Null when no records wait for those of another topic, nor have waited in vain.
    @Nullable HeldBack heldBack() {
        return heldBack;
    }

    void heldBack(@Nullable HeldBack now) {
        heldBack = now;
    }

    boolean isAtWork() {
        return atWork > 0;
    }

    void beginWork() {
        atWork++;
    }

    void endWork() {
        atWork--;
    }

    boolean isRestored() {
        return restored;
    }

    private boolean waitsForNothing() {
        return stores.isEmpty() && states.stages().globals().isEmpty();
    }

    /// Every changelog has been read, and global tables are whole.
    void restored() {
        restored = true;
        stores.forEach((step, store) -> states.directory().add(step, partition, store));
    }

    /// Whether the changes are committed is not known, or others may have made some. What was committed before that
    /// stays; the rest is read from the changelogs.
    void restoreAnew() {
        stores.forEach((step, store) -> states.directory().remove(step, partition, store));
        stores.values().forEach(Store::rollback);
        restored = waitsForNothing();
    }

    /// It is somebody else's.
    void close() {
        restoreAnew();
        stores.values().forEach(Store::close);
    }

    /// By changelog: what is to be filled from it.
    SortedMap<TopicPartition, Store> changelogs() {
        TreeMap<TopicPartition, Store> changelogs = new TreeMap<>();
        stores.forEach((step, store) ->
                changelogs.put(new TopicPartition(states.changelog(step), partition), store));
        return changelogs;
    }

    /// As the latest record has left them.
    Rows rows(String step) {
        return store(step);
    }

    /// By changelog: of the steps of which rows become due.
    SortedMap<TopicPartition, TimerTask> timed() {
        TreeMap<TopicPartition, TimerTask> timed = new TreeMap<>();
        stores.forEach((step, store) -> {
            DueStep due = states.stages().timedSteps().get(step);
            if (due != null) {
                TopicPartition changelog = new TopicPartition(states.changelog(step), partition);
                timed.put(changelog, new TimerTask(changelog, due, store, this));
            }
        });
        return timed;
    }

    private Store store(String step) {
        Store store = stores.get(step);
        if (store == null) {
            throw new IllegalStateException("No store of step " + step + " for partition " + partition);
        }
        return store;
    }

    StateBudget budget() {
        return states.budget();
    }

    /// Adds what the changelogs have to be told of these.
    void log(Changes changes, long timestampMs, List<SinkRecord> to) {
        changes.forEach((step, key, value) -> to.add(
                new SinkRecord(requireNonNull(changelogs.get(step), "a step of this stage"), partition, timestampMs,
                        key, value, List.of())));
    }

    /// How much of what the changelogs are to be told of these [ChangesLast] would hold.
    long heldBytes(Changes changes) {
        if (timedSteps.isEmpty()) {
            return 0;
        }
        long[] bytes = new long[1];
        changes.forEach((step, key, value) -> bytes[0] += !timedSteps.contains(step) ? 0
                : value == null ? StateBudget.sizeOf(key) : StateBudget.sizeOf(key, value));
        return bytes[0];
    }

    void apply(Changes changes) {
        changes.forEach((step, key, value) -> store(step).put(key, value));
    }

    /// What is known to be written to the changelogs since the last commit.
    void wrote(Map<TopicPartition, Written> written) {
        changelogs().forEach((changelog, store) -> {
            Written span = written.get(changelog);
            if (span != null) {
                store.wrote(span);
            }
        });
    }

    void commit(boolean readCommitted, long nowMs) {
        stores.values().forEach(store -> store.commit(readCommitted, nowMs));
    }

    void rollback() {
        heldBack = null;
        stores.values().forEach(Store::rollback);
    }
}
