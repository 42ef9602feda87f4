package io.chapar.broker.coordinator;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.metrics.Totals;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.AddMode;
import io.chapar.txn.TxnCommand;
import io.chapar.txn.TxnLimits;
import io.chapar.txn.TxnReply;
import io.chapar.txn.TxnState;
import io.chapar.txn.TxnVersion;

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

/// All coordinators are on this broker, spread over its loops as the partitions of `__transaction_state` are.
public final class ShardedTxnCoordinators implements TxnCoordinators {
    private final CoordinatorShards shards;
    private final IntSupplier partitions;
    private final Map<CoordinatorShard, TxnShard> byShard = new LinkedHashMap<>();
    private final List<TxnShard> all = new ArrayList<>();

    /// @param partitions of `__transaction_state`, 0 while it does not exist; from any thread. Never changes otherwise
    /// @param producerIdsPerHour that one client address is given, beside those of transactional ids
    public ShardedTxnCoordinators(
            CoordinatorShards shards,
            IntSupplier partitions,
            ProducerIdBlocks blocks,
            MarkerTransport transport,
            TxnLimits limits,
            Budget memory,
            int producerIdsPerHour) {
        this.shards = shards;
        this.partitions = partitions;
        for (CoordinatorShard shard : shards.all()) {
            TxnShard txn = new TxnShard(shard, blocks, transport, limits, memory, producerIdsPerHour);
            byShard.put(shard, txn);
            all.add(txn);
        }
    }

    /// Loads every coordinator whose partition is here, so that what was left open is ended even if nobody asks. To
    /// be called when the partitions are open, and again when `__transaction_state` is created; harmless twice.
    public void start() {
        int count = partitions.getAsInt();
        for (int partition = 0; partition < count; partition++) {
            int number = partition;
            TxnShard owner = owner(number);
            owner.loop().run(() -> owner.hosts().at(number));
        }
    }

    @Override
    public void addPartitions(
            String transactionalId,
            long producerId,
            short producerEpoch,
            List<TopicPartition> asked,
            AddMode mode,
            long deadlineMs,
            Loop caller,
            Consumer<Map<TopicPartition, ErrorCode>> done) {
        TxnVersion version = mode == AddMode.ADD ? TxnVersion.V2 : TxnVersion.V1;
        TxnCommand command = new TxnCommand.AddPartitions(
                transactionalId, producerId, producerEpoch, asked, mode, version);
        submit(command, deadlineMs, caller, reply -> done.accept(TxnCoordinators.perPartition(asked, reply)));
    }

    @Override
    public void submit(TxnCommand command, long deadlineMs, Loop caller, Consumer<TxnReply> done) {
        submit(null, command, deadlineMs, caller, done);
    }

    @Override
    public void submit(
            TxnOrigin from, TxnCommand command, long deadlineMs, Loop caller, Consumer<TxnReply> done) {
        Consumer<TxnReply> back = reply -> caller.run(() -> done.accept(reply));
        int count = partitions.getAsInt();
        if (count == 0) {
            back.accept(new TxnReply.Refused(ErrorCode.NOT_COORDINATOR));
            return;
        }
        int partition = CoordinatorKeys.partitionOf(command.transactionalId(), count);
        TxnShard owner = owner(partition);
        owner.loop().run(() -> {
            TxnCoordinatorHost host = owner.hosts().at(partition);
            if (host == null) {
                back.accept(new TxnReply.Refused(ErrorCode.NOT_COORDINATOR));
            } else {
                host.submit(command, deadlineMs, owner.origins().remembering(command, from, back));
            }
        });
    }

    @Override
    public void newProducerId(TxnOrigin from, long deadlineMs, Loop caller, Consumer<TxnReply> done) {
        // One loop counts all that an address takes.
        TxnShard shard = all.get(Math.floorMod(from.host().hashCode(), all.size()));
        shard.loop().run(
                () -> shard.newProducerId(from.host(), deadlineMs, reply -> caller.run(() -> done.accept(reply))));
    }

    @Override
    public void describe(String transactionalId, Loop caller, Consumer<Described> done) {
        int count = partitions.getAsInt();
        if (count == 0) {
            caller.run(() -> done.accept(Described.refused(ErrorCode.NOT_COORDINATOR)));
            return;
        }
        int partition = CoordinatorKeys.partitionOf(transactionalId, count);
        TxnShard owner = owner(partition);
        owner.loop().run(() -> {
            Described described =
                    describe(owner.hosts().at(partition), transactionalId, owner.origins().of(transactionalId));
            caller.run(() -> done.accept(described));
        });
    }

    private static Described describe(TxnCoordinatorHost host, String transactionalId, TxnOrigin origin) {
        if (host == null) {
            return Described.refused(ErrorCode.NOT_COORDINATOR);
        }
        ErrorCode unfit = host.availability();
        if (unfit != ErrorCode.NONE) {
            return Described.refused(unfit);
        }
        TxnState state = host.state(transactionalId);
        return state == null
                ? Described.refused(ErrorCode.TRANSACTIONAL_ID_NOT_FOUND)
                : new Described(ErrorCode.NONE, state, host.unfinished(transactionalId), origin);
    }

    @Override
    public void list(Loop caller, Consumer<Listed> done) {
        listFrom(0, new TreeMap<>(), false, caller, done);
    }

    /// Goes from loop to loop with one map in hand.
    private void listFrom(
            int index,
            SequencedMap<String, TxnState> found,
            boolean loading,
            Loop caller,
            Consumer<Listed> done) {
        if (index == all.size()) {
            ErrorCode error = loading ? ErrorCode.COORDINATOR_LOAD_IN_PROGRESS : ErrorCode.NONE;
            caller.run(() -> done.accept(new Listed(error, found)));
            return;
        }
        TxnShard shard = all.get(index);
        boolean[] stillLoading = {loading};
        shard.loop().run(() -> Slices.each(shard.loop(), List.copyOf(shard.hosts().all()), _ -> Slices.COST_PER_TURN,
                host -> {
                    if (host.availability() == ErrorCode.NONE) {
                        host.forEach(found::put);
                    } else {
                        stillLoading[0] = true;
                    }
                },
                () -> listFrom(index + 1, found, stillLoading[0], caller, done)));
    }

    /// Adds what the coordinators of this loop know. On that loop.
    ///
    /// @param nameOf the protocol's word for a state
    public void measure(Loop loop, Function<TxnState, String> nameOf, Totals into) {
        for (TxnShard shard : all) {
            if (shard.loop().equals(loop)) {
                into.add(shard.meters());
                shard.hosts().all().forEach(host -> host.forEach((_, state) -> into.add(nameOf.apply(state), state)));
            }
        }
    }

    @Override
    public void ownersOf(Set<Long> producerIds, Loop caller, Consumer<Map<Long, Owner>> done) {
        Map<TxnShard, List<Integer>> byShard = new LinkedHashMap<>();
        int count = partitions.getAsInt();
        for (int partition = 0; partition < count; partition++) {
            byShard.computeIfAbsent(owner(partition), _ -> new ArrayList<>()).add(partition);
        }
        askOwners(List.copyOf(byShard.entrySet()), 0, producerIds, new LinkedHashMap<>(), caller, done);
    }

    /// Goes from loop to loop with one map in hand.
    private void askOwners(
            List<Map.Entry<TxnShard, List<Integer>>> shardsLeft,
            int index,
            Set<Long> producerIds,
            Map<Long, Owner> found,
            Loop caller,
            Consumer<Map<Long, Owner>> done) {
        if (index == shardsLeft.size()) {
            caller.run(() -> done.accept(found));
            return;
        }
        TxnShard shard = shardsLeft.get(index).getKey();
        shard.loop().run(() -> {
            for (int partition : shardsLeft.get(index).getValue()) {
                TxnCoordinatorHost host = shard.hosts().at(partition);
                if (host == null || host.availability() != ErrorCode.NONE) {
                    caller.run(() -> done.accept(null));
                    return;
                }
                host.forEach((id, state) -> claim(id, state, producerIds, found));
            }
            askOwners(shardsLeft, index + 1, producerIds, found, caller, done);
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

    private TxnShard owner(int partition) {
        return byShard.get(shards.of(new TopicPartition(CoordinatorKeys.TRANSACTION_STATE, partition)));
    }
}
