package io.chapar.broker.coordinator;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.metrics.Totals;
import io.chapar.broker.metrics.TxnMeters;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.AddMode;
import io.chapar.txn.TxnCommand;
import io.chapar.txn.TxnLimits;
import io.chapar.txn.TxnReply;
import io.chapar.txn.TxnState;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.LongPredicate;

import static java.util.Objects.requireNonNull;

/// All coordinators are on this broker, spread over its loops as the partitions of `__transaction_state` are.
public final class LocalTxnCoordinators implements TxnCoordinators {
    /// Of a transaction in the log, about.
    private static final int RECORD_BYTES = 500;
    /// Of each partition in it.
    private static final int PARTITION_BYTES = 64;

    private final CoordinatorPlacement placement;
    private final IntSupplier partitions;
    private final Map<CoordinatorLogs, OnLoop> byLogs = new LinkedHashMap<>();
    private final List<OnLoop> all = new ArrayList<>();
    private final LongPredicate room;

    /// The coordinators of one loop, and what they share.
    private record OnLoop(
            Loop loop,
            PartitionCoordinators<TxnPartitionCoordinator> coordinators,
            ProducerIdPool ids,
            TxnOrigins origins,
            TxnMeters meters) {}

    /// @param partitions of `__transaction_state`, 0 while it does not exist; from any thread. Never changes otherwise
    /// @param room whether so many bytes may be written for a client; from any thread
    /// @param producerIdsPerHour that one client address is given, beside those of transactional ids
    public LocalTxnCoordinators(
            CoordinatorPlacement placement,
            IntSupplier partitions,
            ProducerIdBlocks blocks,
            MarkerTransport transport,
            TxnLimits limits,
            Budget memory,
            LongPredicate room,
            int producerIdsPerHour) {
        this.placement = placement;
        this.partitions = partitions;
        this.room = room;
        for (CoordinatorLogs logs : placement.all()) {
            Loop loop = logs.loop();
            TxnMeters meters = new TxnMeters();
            MarkerSender sender = new MarkerSender(loop, transport, meters);
            ProducerIdPool ids = new ProducerIdPool(loop, blocks, producerIdsPerHour);
            PartitionCoordinators<TxnPartitionCoordinator> coordinators = new PartitionCoordinators<>(
                    CoordinatorKeys.TRANSACTION_STATE, logs, log ->
                            new TxnPartitionCoordinator(loop, log, ids, limits, sender, meters, memory.share()));
            ids.onArrival(() -> coordinators.all().forEach(TxnPartitionCoordinator::producerIdsArrived));
            OnLoop here = new OnLoop(loop, coordinators, ids, new TxnOrigins(), meters);
            byLogs.put(logs, here);
            all.add(here);
        }
    }

    /// Loads every coordinator whose partition is here, so that what was left open is ended even if nobody asks. To
    /// be called when the partitions are open, and again when `__transaction_state` is created; harmless twice.
    public void start() {
        int count = partitions.getAsInt();
        for (int partition = 0; partition < count; partition++) {
            int number = partition;
            OnLoop owner = owner(number);
            owner.loop().run(() -> owner.coordinators().at(number));
        }
    }

    @Override
    public void submit(TxnCommand command, Caller caller, Consumer<TxnReply> done) {
        Consumer<TxnReply> back = caller.answering(done);
        int count = partitions.getAsInt();
        if (count == 0) {
            back.accept(new TxnReply.Refused(ErrorCode.NOT_COORDINATOR));
            return;
        }
        if (!hasRoom(command)) {
            back.accept(new TxnReply.Refused(ErrorCode.COORDINATOR_NOT_AVAILABLE));
            return;
        }
        int partition = CoordinatorKeys.partitionOf(command.transactionalId(), count);
        OnLoop owner = owner(partition);
        owner.loop().run(() -> {
            TxnPartitionCoordinator coordinator = owner.coordinators().at(partition);
            if (coordinator == null) {
                back.accept(new TxnReply.Refused(ErrorCode.NOT_COORDINATOR));
            } else {
                coordinator.submit(command, caller.deadlineMs(),
                        owner.origins().remembering(command, caller.origin(), back));
            }
        });
    }

    /// On a disk that is nearly full. What ends a transaction is not refused.
    private boolean hasRoom(TxnCommand command) {
        return switch (command) {
            case TxnCommand.InitProducer _ -> room.test(RECORD_BYTES);
            case TxnCommand.AddPartitions add -> add.mode() != AddMode.ADD
                    || room.test(RECORD_BYTES + (long) add.partitions().size() * PARTITION_BYTES);
            case TxnCommand.End _, TxnCommand.TimeOut _, TxnCommand.Complete _, TxnCommand.Expire _ -> true;
        };
    }

    @Override
    public void newProducerId(Caller caller, Consumer<TxnReply> done) {
        String host = caller.client().host();
        // One loop counts all that an address takes.
        OnLoop owner = all.get(Math.floorMod(host.hashCode(), all.size()));
        owner.loop().run(() -> owner.ids().take(host, caller.deadlineMs(), caller.answering(done)));
    }

    @Override
    public void describe(String transactionalId, Caller caller, Consumer<Described> done) {
        Consumer<Described> back = caller.answering(done);
        int count = partitions.getAsInt();
        if (count == 0) {
            back.accept(Described.refused(ErrorCode.NOT_COORDINATOR));
            return;
        }
        int partition = CoordinatorKeys.partitionOf(transactionalId, count);
        OnLoop owner = owner(partition);
        owner.loop().run(() -> back.accept(describe(
                owner.coordinators().at(partition), transactionalId, owner.origins().of(transactionalId))));
    }

    private static Described describe(@Nullable TxnPartitionCoordinator coordinator, String transactionalId,
            @Nullable TxnOrigin origin) {
        if (coordinator == null) {
            return Described.refused(ErrorCode.NOT_COORDINATOR);
        }
        ErrorCode unfit = coordinator.availability();
        if (unfit != ErrorCode.NONE) {
            return Described.refused(unfit);
        }
        TxnState state = coordinator.state(transactionalId);
        return state == null
                ? Described.refused(ErrorCode.TRANSACTIONAL_ID_NOT_FOUND)
                : new Described(ErrorCode.NONE, state, coordinator.unfinished(transactionalId), origin);
    }

    @Override
    public void list(Caller caller, Consumer<Listed> done) {
        listFrom(0, new TreeMap<>(), false, caller.answering(done));
    }

    /// Goes from loop to loop with one map in hand.
    private void listFrom(
            int index,
            SequencedMap<String, TxnState> found,
            boolean loading,
            Consumer<Listed> done) {
        if (index == all.size()) {
            ErrorCode error = loading ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.NONE;
            done.accept(new Listed(error, found));
            return;
        }
        OnLoop here = all.get(index);
        boolean[] stillLoading = {loading};
        here.loop().run(() -> Slices.each(here.loop(), List.copyOf(here.coordinators().all()),
                _ -> Slices.COST_PER_TURN,
                coordinator -> {
                    if (coordinator.availability() == ErrorCode.NONE) {
                        coordinator.forEach(found::put);
                    } else {
                        stillLoading[0] = true;
                    }
                },
                () -> listFrom(index + 1, found, stillLoading[0], done)));
    }

    /// Adds what the coordinators of this loop know, a coordinator or some ids in each turn; then runs `then`. On that
    /// loop.
    ///
    /// @param nameOf the protocol's word for a state
    public void measure(Loop loop, Function<TxnState, String> nameOf, Totals into, Runnable then) {
        List<OnLoop> here = all.stream().filter(one -> one.loop().equals(loop)).toList();
        List<TxnState> states = new ArrayList<>();
        for (OnLoop one : here) {
            into.add(one.meters());
        }
        Slices.each(loop, here.stream().flatMap(one -> List.copyOf(one.coordinators().all()).stream()).toList(),
                _ -> Slices.COST_PER_TURN,
                coordinator -> coordinator.forEach((_, state) -> states.add(state)),
                () -> Slices.each(loop, states, state -> into.add(nameOf.apply(state), state), then));
    }

    @Override
    public void ownersOf(Set<Long> producerIds, Caller caller, Consumer<Map<Long, Owner>> done) {
        Map<OnLoop, List<Integer>> byLoop = new LinkedHashMap<>();
        int count = partitions.getAsInt();
        for (int partition = 0; partition < count; partition++) {
            byLoop.computeIfAbsent(owner(partition), _ -> new ArrayList<>()).add(partition);
        }
        askOwners(List.copyOf(byLoop.entrySet()), 0, producerIds, new LinkedHashMap<>(), caller.answering(done));
    }

    /// Goes from loop to loop with one map in hand.
    private void askOwners(
            List<Map.Entry<OnLoop, List<Integer>>> left,
            int index,
            Set<Long> producerIds,
            Map<Long, Owner> found,
            Consumer<Map<Long, Owner>> done) {
        if (index == left.size()) {
            done.accept(found);
            return;
        }
        OnLoop here = left.get(index).getKey();
        here.loop().run(() -> {
            for (int partition : left.get(index).getValue()) {
                TxnPartitionCoordinator coordinator = here.coordinators().at(partition);
                if (coordinator == null || coordinator.availability() != ErrorCode.NONE) {
                    done.accept(null);
                    return;
                }
                coordinator.forEach((id, state) -> claim(id, state, producerIds, found));
            }
            askOwners(left, index + 1, producerIds, found, done);
        });
    }

    private static void claim(String id, TxnState state, Set<Long> producerIds, Map<Long, Owner> found) {
        if (producerIds.contains(state.producerId())) {
            found.put(state.producerId(), new Owner(id, state));
        }
        long before = switch (state) {
            case TxnState.Empty e -> e.previousId();
            case TxnState.Completed c -> c.previousId();
            case TxnState.Ongoing _, TxnState.Preparing _ -> TxnState.NO_PRODUCER_ID;
        };
        if (producerIds.contains(before)) {
            found.putIfAbsent(before, new Owner(id, state));
        }
    }

    private OnLoop owner(int partition) {
        return requireNonNull(byLogs.get(placement.of(
                new TopicPartition(CoordinatorKeys.TRANSACTION_STATE, partition))), "each loop has its coordinators");
    }
}
