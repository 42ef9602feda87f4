package io.chapar.broker.coordinator;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.Leaders;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.PartitionSetup;
import io.chapar.broker.partition.PretendedFollower;
import io.chapar.broker.producer.ProducerLimits;
import io.chapar.broker.producer.VerificationGuard;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;
import io.chapar.txn.AddMode;
import io.chapar.txn.Outcome;
import io.chapar.txn.TxnCommand;
import io.chapar.txn.TxnLimits;
import io.chapar.txn.TxnReply;
import io.chapar.txn.TxnState;
import io.chapar.txn.TxnVersion;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/// Real partitions on a disk, the coordinators on top, one loop on virtual time, and a client's steps as methods.
final class TxnBroker {
    static final int STATE_PARTITIONS = 3;
    static final int TIMEOUT_MS = 10_000;
    static final long FOREVER_MS = 1L << 40;
    static final int NODE = 1;
    static final int OTHER = 2;
    static final TopicPartition A = new TopicPartition("a", 0);
    static final TopicPartition B = new TopicPartition("b", 0);
    static final TopicPartition OFFSETS = new TopicPartition(CoordinatorKeys.CONSUMER_OFFSETS, 0);

    final ManualLoop loop;
    final Map<TopicPartition, Partition> partitions = new LinkedHashMap<>();
    final CoordinatorPlacement placement;
    final LocalTxnCoordinators coordinators;
    private final Map<TopicPartition, Integer> sequences = new LinkedHashMap<>();

    /// Opens, or opens again, everything that lives on the disk. Opening a second time is what follows a crash.
    ///
    /// @param firstProducerId beyond all that were handed out before
    TxnBroker(Disk disk, long nowMs, int leaderEpoch, long firstProducerId) {
        loop = new ManualLoop(nowMs);
        DataFolder folder = new DataFolder(disk);
        for (int i = 0; i < STATE_PARTITIONS; i++) {
            open(new TopicPartition(CoordinatorKeys.TRANSACTION_STATE, i), folder, leaderEpoch);
        }
        for (TopicPartition id : List.of(A, B, OFFSETS)) {
            open(id, folder, leaderEpoch);
        }
        placement = new CoordinatorPlacement(List.of(new CoordinatorLogs(loop, partitions::get)), _ -> 0);
        long[] nextId = {firstProducerId};
        ProducerIdBlocks blocks = (caller, done) -> caller.execute(() -> {
            done.accept(new ProducerIdBlocks.Block(nextId[0], 100));
            nextId[0] += 100;
        });
        LocalMarkerTransport transport =
                new LocalMarkerTransport(placement, one -> !one.topic().equals("gone"));
        coordinators =
                new LocalTxnCoordinators(placement, () -> STATE_PARTITIONS, blocks, transport,
                        TxnLimits.DEFAULTS, Budget.unbounded(), _ -> true, 300);
        coordinators.start();
    }

    private void open(TopicPartition id, DataFolder folder, int leaderEpoch) {
        UUID topicId = new UUID(7, id.topic().hashCode());
        partitions.put(
                id,
                Partition.open(new PartitionSetup(id, topicId, leaderEpoch, LogConfig.defaults(), folder, loop,
                        Leaders.followedBy(PretendedFollower.of(loop)), ProducerLimits.none())));
    }

    // ---- a client

    Caller caller(long waitMs) {
        return Caller.ofBroker(loop, loop.nowMs() + waitMs);
    }

    CoordinatorLogs logs() {
        return placement.all().getFirst();
    }

    /// As a partition's leader asks before the first batch.
    void add(String id, TxnReply.Granted pair, TopicPartition to, long waitMs,
            Consumer<Map<TopicPartition, ErrorCode>> done) {
        TxnCommand.AddPartitions question = TxnCommand.AddPartitions.byLeader(
                id, pair.producerId(), pair.producerEpoch(), List.of(to), AddMode.ADD);
        coordinators.submit(question, caller(waitMs),
                reply -> done.accept(TxnCoordinators.perPartition(question.partitions(), reply)));
    }

    TxnReply.Granted init(String id) {
        return granted(later(new TxnCommand.InitProducer(id, TIMEOUT_MS, -1, (short) -1)));
    }

    AtomicReference<TxnReply> end(String id, TxnReply.Granted pair, Outcome outcome) {
        return later(
                new TxnCommand.End(id, pair.producerId(), pair.producerEpoch(), outcome, TxnVersion.V2));
    }

    AtomicReference<TxnReply> later(TxnCommand command) {
        AtomicReference<TxnReply> answer = new AtomicReference<>();
        coordinators.submit(command, caller(5_000), reply -> {
            if (!answer.compareAndSet(null, reply)) {
                throw new AssertionError("answered twice");
            }
        });
        return answer;
    }

    /// Runs the loop until the answer is there.
    TxnReply.Granted granted(AtomicReference<TxnReply> answer) {
        loop.runAll();
        if (answer.get() instanceof TxnReply.Granted pair) {
            return pair;
        }
        throw new AssertionError("answered " + answer.get());
    }

    ErrorCode error(AtomicReference<TxnReply> answer) {
        loop.runAll();
        return answer.get() instanceof TxnReply.Refused refused ? refused.error() : ErrorCode.NONE;
    }

    /// One record, as a producer of version 2 sends it: the leader asks the coordinator before the first.
    AtomicReference<ErrorCode> write(String id, TxnReply.Granted pair, TopicPartition to, String value) {
        AtomicReference<ErrorCode> done = new AtomicReference<>();
        Partition partition = partitions.get(to);
        int sequence = sequences.merge(to, 1, Integer::sum) - 1;
        ByteBuffer batch = new RecordBatchBuilder(Compression.NONE)
                .producer(pair.producerId(), pair.producerEpoch(), sequence)
                .transactional()
                .append(loop.nowMs(), null, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)))
                .build();
        VerificationGuard guard =
                partition.verificationGuard(pair.producerId(), pair.producerEpoch(), sequence, true);
        if (guard == null) {
            append(partition, batch, null, done);
            return done;
        }
        add(id, pair, to, 5_000, errors -> {
            if (errors.get(to) != ErrorCode.NONE) {
                done.set(errors.get(to));
            } else {
                append(partition, batch, guard, done);
            }
        });
        return done;
    }

    /// A new epoch starts its sequences again.
    void newEpoch() {
        sequences.clear();
    }

    private void append(
            Partition partition, ByteBuffer batch, VerificationGuard guard, AtomicReference<ErrorCode> done) {
        switch (partition.appendFromClient(batch, new ClientAppend((short) 12, (short) -1, guard), loop.nowMs())) {
            case AppendOutcome.Rejected rejected -> done.set(rejected.error());
            case AppendOutcome.WrittenBefore before ->
                partition.awaitCommitted(before.lastOffset(), Long.MAX_VALUE, done::set);
            case AppendOutcome.Appended appended ->
                partition.awaitCommitted(appended.lastOffset(), Long.MAX_VALUE, done::set);
        }
    }

    TxnState state(String id) {
        AtomicReference<TxnCoordinators.Described> described = new AtomicReference<>();
        coordinators.describe(id, caller(0), described::set);
        loop.runAll();
        return described.get().state();
    }
}
