package io.chapar.broker.group;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import static java.util.Objects.requireNonNull;

/// Appends whose outcome is not known yet, and who is to be told of it.
final class UndecidedAppends implements GroupWriter {
    private final GroupMemory memory;
    private final Map<Long, Undecided> undecided = new LinkedHashMap<>();
    private final Map<Long, Working> working = new LinkedHashMap<>();
    private final TxnAppends ofTransactions = new TxnAppends();
    private long last = 0;

    UndecidedAppends(GroupMemory memory) {
        this.memory = memory;
    }

    /// @param producerId of the transaction that the records belong to, or -1
    /// @param changesGroup nothing else may change the group meanwhile
    record Undecided(
            Group group, List<GroupRecord> records, long producerId, boolean changesGroup, List<Settled> settled) {}

    /// What is worked out for a group, which is held meanwhile.
    record Working(Group group, WorkedOut then) {}

    TxnAppends ofTransactions() {
        return ofTransactions;
    }

    /// The outcome of the append is known.
    Undecided decided(long append) {
        return requireNonNull(undecided.remove(append), "an append is decided once");
    }

    @Override
    public void write(
            Group group, List<? extends GroupRecord> records, long request, Step step, Settled settled) {
        group.beginWriting(append(group, records, -1, true, request, step, settled));
    }

    @Override
    public void append(
            Group group,
            List<? extends GroupRecord> records,
            long producerId,
            long request,
            Step step,
            Settled settled) {
        group.addCommitsInFlight(1);
        if (producerId >= 0) {
            ofTransactions.begin(producerId);
        }
        append(group, records, producerId, false, request, step, settled);
    }

    private long append(
            Group group,
            List<? extends GroupRecord> records,
            long producerId,
            boolean changesGroup,
            long request,
            Step step,
            Settled settled) {
        long id = ++last;
        List<GroupRecord> together = List.copyOf(records);
        memory.appended(together);
        List<Settled> afterwards = new ArrayList<>();
        afterwards.add(settled);
        undecided.put(id, new Undecided(group, together, producerId, changesGroup, afterwards));
        step.out().accept(new GroupEffect.Append(id, request, together, producerId));
        return id;
    }

    @Override
    public void workOut(Group group, Supplier<List<GroupRecord>> work, Step step, WorkedOut then) {
        long id = ++last;
        working.put(id, new Working(group, then));
        group.beginWriting(id);
        step.out().accept(new GroupEffect.WorkOut(id, work));
    }

    Working workedOut(long id) {
        return requireNonNull(working.remove(id), "it is worked out once");
    }

    @Override
    public boolean takesRoom(long bytes) {
        return memory.grow(bytes);
    }

    @Override
    public void afterWrite(Group group, Settled then) {
        requireNonNull(undecided.get(group.writing()), "the group is being written").settled().add(then);
    }
}
