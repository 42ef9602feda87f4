package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.UsageException;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/// The tasks of one thread of an application, and how much has been done in them since the last commit.
final class Tasks {
    private final Schedule.Choice choice;
    private final boolean commitFirst;
    private final States states;
    private final TreeMap<TopicPartition, Task> tasks = new TreeMap<>();
    /// By stage and partition.
    private final TreeMap<TopicPartition, TaskState> stages = new TreeMap<>();
    private int underWay;
    private int uncommittedRecords;
    private long uncommittedBytes;
    private long lateRecords;
    /// A record of which outputs were refused is under way, or done and not committed: no other is begun meanwhile.
    private boolean alone;

    Tasks(Schedule.Choice choice, boolean commitFirst, States states) {
        this.states = states;
        this.choice = choice;
        this.commitFirst = commitFirst;
    }

    /// `next`: for each partition that moved, the position behind everything read.
    void read(List<SourceRecord> records, Map<TopicPartition, OffsetAndMetadata> next) {
        records.forEach(record -> task(record.partition()).read(record));
        next.forEach((partition, position) -> task(partition).readTo(position));
    }

    private Task task(TopicPartition partition) {
        return tasks.computeIfAbsent(partition,
                fresh -> new Task(choice.schedules().get(), commitFirst,
                        stages.computeIfAbsent(states.stage(fresh), states::of)));
    }

    void add(Set<TopicPartition> partitions) {
        partitions.forEach(this::task);
    }

    /// Whether all of these positions, or later ones, are committed.
    static boolean covers(Map<TopicPartition, OffsetAndMetadata> committed,
            Map<TopicPartition, OffsetAndMetadata> staged) {
        for (Map.Entry<TopicPartition, OffsetAndMetadata> one : staged.entrySet()) {
            OffsetAndMetadata there = committed.get(one.getKey());
            if (there == null || there.offset() < one.getValue().offset()) {
                return false;
            }
        }
        return true;
    }

    // State.

    /// Why these partitions cannot be worked on: one is elsewhere whose records meet others of its stage here. Null
    /// when all stages are whole.
    @Nullable UsageException torn() {
        for (TopicPartition here : tasks.keySet()) {
            for (String topic : states.stages().topicsOf(here.topic())) {
                TopicPartition other = new TopicPartition(topic, here.partition());
                if (!tasks.containsKey(other)) {
                    return new UsageException("Partition " + other + " is not with " + here + ", though their records"
                            + " meet in one step: another member of the group shares partitions out in another way or"
                            + " runs another topology, or the topics have different numbers of partitions by now");
                }
            }
        }
        return null;
    }

    /// Null when everything is restored.
    @Nullable TaskState unrestored() {
        return stages.values().stream().filter(state -> !state.isRestored()).findFirst().orElse(null);
    }

    int countUnrestored() {
        return (int) stages.values().stream().filter(state -> !state.isRestored()).count();
    }

    /// What is in the stores may not be what was committed.
    void restoreAnew() {
        stages.values().forEach(TaskState::clear);
    }

    /// What the stores have been told is known to be written for good.
    void commitState() {
        stages.values().forEach(TaskState::commit);
    }

    // Records.

    boolean hasWaiting() {
        return tasks.values().stream().anyMatch(Task::hasWaiting);
    }

    boolean isUnderWay() {
        return underWay > 0;
    }

    /// Work on this record begins; null when none may be begun now.
    @Nullable Ticket start() {
        boolean nothingBegun = underWay == 0 && uncommittedRecords == 0;
        return start(task -> task.start(nothingBegun));
    }

    /// As [#start], of those records alone that later ones have overtaken.
    @Nullable Ticket startGap() {
        return start(Task::startGap);
    }

    private @Nullable Ticket start(Function<Task, Ticket> how) {
        if (alone || underWay >= choice.atOnce()) {
            return null;
        }
        for (Task task : tasks.values()) {
            Ticket ticket = how.apply(task);
            if (ticket != null) {
                underWay++;
                alone = ticket.refused() != null && !commitFirst;
                return ticket;
            }
        }
        return null;
    }

    /// The effects of this record have been handed over. `changes` null: none of state.
    void finish(Ticket ticket, @Nullable Changes changes) {
        if (changes != null) {
            ticket.task().state().apply(changes);
            lateRecords += changes.late().isEmpty() ? 0 : 1;
        }
        underWay--;
        if (!commitFirst) {
            uncommittedRecords++;
            uncommittedBytes += ticket.record().sizeInBytes();
        }
        ticket.task().finish(ticket);
    }

    /// What waits may not be begun before the rest is committed.
    boolean needsCommit() {
        return underWay == 0 && uncommittedRecords > 0 && hasWaiting();
    }

    /// Outputs of these were refused. What was refused together is tried one by one, until each refusal is one
    /// record's doing. Where positions are committed first, each record is worked on once more, here.
    void refused(List<Refusal> refusals) {
        List<Refusal> each = Refusal.ofEachInput(refusals);
        long together = each.stream().filter(refusal -> !refusal.isExact()).count();
        for (Refusal refusal : each) {
            Task task = tasks.get(refusal.input().partition());
            if (task == null) {
                continue;
            }
            if (commitFirst) {
                task.again(refusal);
            } else {
                task.refused(refusal, refusal.isExact() || together == 1);
            }
        }
    }

    /// How many records have come too late for some step.
    long lateRecords() {
        return lateRecords;
    }

    int uncommittedRecords() {
        return uncommittedRecords;
    }

    long uncommittedBytes() {
        return uncommittedBytes;
    }

    /// What may be committed and is not.
    Map<TopicPartition, OffsetAndMetadata> positions() {
        TreeMap<TopicPartition, OffsetAndMetadata> positions = new TreeMap<>();
        tasks.forEach((partition, task) -> {
            if (task.position() != null) {
                positions.put(partition, task.position());
            }
        });
        return positions;
    }

    /// Nothing waits, and nothing is to be committed, not even what lies behind markers and aborted records alone:
    /// nothing may come behind that for long, and the group would lag for that long.
    boolean areDone() {
        return !hasWaiting() && tasks.values().stream().allMatch(task -> task.position() == null);
    }

    void committed() {
        tasks.values().forEach(Task::committed);
        nothingUncommitted();
    }

    private void nothingUncommitted() {
        uncommittedRecords = 0;
        uncommittedBytes = 0;
        alone = false;
    }

    void dropTails() {
        tasks.values().forEach(Task::dropTail);
    }

    /// What waits or is under way does not count any more; what is done does.
    void callIn() {
        tasks.values().forEach(Task::callIn);
        underWay = 0;
    }

    /// Nothing counts of what was read and not committed.
    void dropAll() {
        callIn();
        tasks.values().forEach(Task::dropPosition);
        stages.values().forEach(TaskState::rollback);
        nothingUncommitted();
    }

    void forget(Set<TopicPartition> partitions) {
        for (TopicPartition partition : partitions) {
            Task gone = tasks.remove(partition);
            if (gone != null) {
                underWay -= gone.callIn();
                gone.state().clear();
            }
        }
        stages.values().removeIf(state -> tasks.values().stream().noneMatch(task -> task.state() == state));
    }
}
