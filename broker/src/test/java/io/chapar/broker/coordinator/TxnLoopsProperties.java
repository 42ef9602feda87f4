package io.chapar.broker.coordinator;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.FileRecords;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.FileDisk;
import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.partition.Leaders;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.PartitionSetup;
import io.chapar.broker.partition.PretendedFollower;
import io.chapar.broker.partition.ReadOutcome;
import io.chapar.broker.partition.ReadRequest;
import io.chapar.broker.producer.ProducerLimits;
import io.chapar.broker.producer.VerificationGuard;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.ShuffledLoops;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.Record;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.RecordBatches;
import io.chapar.protocol.record.compress.Compression;
import io.chapar.txn.AddMode;
import io.chapar.txn.Outcome;
import io.chapar.txn.TxnCommand;
import io.chapar.txn.TxnLimits;
import io.chapar.txn.TxnReply;
import io.chapar.txn.TxnVersion;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Several producers, three loops, real partitions, crashes: each transaction ends up whole or not at all.
class TxnLoopsProperties {
    private static final int LOOPS = 3;
    private static final int PRODUCERS = 3;
    private static final int DATA_PARTITIONS = 4;
    private static final int STATE_PARTITIONS = 2;
    private static final int TIMEOUT_MS = 5_000;

    private Path folder;

    @BeforeTry
    void makeFolder() throws IOException {
        folder = Files.createTempDirectory("txn-loops");
    }

    @AfterTry
    void removeFolder() throws IOException {
        new FileDisk(folder).delete("");
        Files.deleteIfExists(folder);
    }

    @Property(tries = 2_000)
    @Tag("nightly")
    void everyTransactionIsWholeOrNothingAllNight(@ForAll long seed) {
        everyTransactionIsWholeOrNothing(seed);
    }

    @Property(tries = 30)
    void everyTransactionIsWholeOrNothing(@ForAll long seed) {
        Random random = new Random(seed);
        World world = new World(folder, random);
        for (int life = 0; life < 3; life++) {
            world.start();
            int steps = 200 + random.nextInt(1500);
            for (int i = 0; i < steps; i++) {
                if (!world.loops.step()) {
                    world.loops.advance(50);
                }
            }
        }
        world.start();
        world.quiet = true;
        world.loops.advance(4L * TIMEOUT_MS);
        world.check();
    }

    /// What one transaction wrote, and what its producer knows of its end.
    private static final class Transaction {
        final Map<TopicPartition, List<String>> acknowledged = new LinkedHashMap<>();
        Outcome asked;
        boolean answered = false;
    }

    private static final class World {
        private final FileDisk disk;
        private final Random random;
        private final List<Transaction> transactions = new ArrayList<>();
        private final Map<TopicPartition, Partition> partitions = new LinkedHashMap<>();
        private ShuffledLoops loops;
        private CoordinatorPlacement placement;
        private LocalTxnCoordinators coordinators;
        private boolean quiet = false;
        private int life = 0;
        private long values = 0;

        World(Path folder, Random random) {
            this.disk = new FileDisk(folder);
            this.random = random;
        }

        /// A new life after a crash: whatever was under way between loops is gone, the disk is as it was.
        void start() {
            long nowMs = loops == null ? 1_700_000_000_000L : loops.nowMs();
            loops = new ShuffledLoops(LOOPS, nowMs, random);
            partitions.clear();
            DataFolder data = new DataFolder(disk);
            for (int i = 0; i < STATE_PARTITIONS; i++) {
                open(new TopicPartition(CoordinatorKeys.TRANSACTION_STATE, i), data);
            }
            for (int i = 0; i < DATA_PARTITIONS; i++) {
                open(new TopicPartition("data", i), data);
            }
            List<CoordinatorLogs> all = new ArrayList<>();
            for (int i = 0; i < LOOPS; i++) {
                int index = i;
                all.add(new CoordinatorLogs(
                        loops.loop(i), id -> ownerOf(id) == index ? partitions.get(id) : null));
            }
            placement = new CoordinatorPlacement(all, World::ownerOf);
            long[] next = {1_000_000L * life};
            ProducerIdBlocks blocks = (caller, done) -> caller.execute(() -> {
                long first = next[0];
                next[0] += 5;
                done.accept(new ProducerIdBlocks.Block(first, 5));
            });
            coordinators = new LocalTxnCoordinators(
                    placement,
                    () -> STATE_PARTITIONS,
                    blocks,
                    new LocalMarkerTransport(placement, _ -> true),
                    TxnLimits.DEFAULTS,
                    Budget.unbounded(),
                    _ -> true,
                    1000);
            coordinators.start();
            life++;
            for (int i = 0; i < PRODUCERS; i++) {
                Producer producer = new Producer(this, "producer-" + i, loops.loop(random.nextInt(LOOPS)));
                producer.loop.execute(producer::init);
            }
        }

        private void open(TopicPartition id, DataFolder data) {
            Loop loop = loops.loop(ownerOf(id));
            UUID topicId = new UUID(1, id.topic().hashCode());
            partitions.put(
                    id, Partition.open(new PartitionSetup(id, topicId, life, LogConfig.defaults(), data, loop,
                            Leaders.followedBy(PretendedFollower.of(loop)), ProducerLimits.none())));
        }

        static int ownerOf(TopicPartition id) {
            return Math.floorMod(id.topic().hashCode() + id.partition(), LOOPS);
        }

        void check() {
            Map<TopicPartition, List<String>> visible = new LinkedHashMap<>();
            for (int i = 0; i < DATA_PARTITIONS; i++) {
                TopicPartition id = new TopicPartition("data", i);
                Partition partition = partitions.get(id);
                assertEquals(partition.highWatermark(), partition.lastStableOffset(), "nothing is left open");
                visible.put(id, committedValues(partition));
            }
            int committed = 0;
            for (Transaction transaction : transactions) {
                Set<Boolean> seen = new LinkedHashSet<>();
                transaction.acknowledged.forEach((id, values) -> values.forEach(value ->
                        seen.add(visible.get(id).contains(value))));
                assertTrue(seen.size() <= 1, "a transaction is torn");
                boolean isVisible = seen.contains(true);
                committed += isVisible ? 1 : 0;
                if (transaction.asked != Outcome.COMMIT) {
                    assertTrue(!isVisible, "visible without a commit");
                } else if (transaction.answered && !seen.isEmpty()) {
                    assertTrue(isVisible, "an answered commit is lost");
                }
            }
            for (List<String> values : visible.values()) {
                assertEquals(values.size(), new LinkedHashSet<>(values).size(), "no record is there twice");
            }
            assertTrue(committed > 0 || transactions.size() < 10, "something was committed");
        }

        /// As a read_committed client sees it.
        private static List<String> committedValues(Partition partition) {
            List<String> values = new ArrayList<>();
            long offset = 0;
            while (offset < partition.lastStableOffset()) {
                ReadOutcome read = partition.read(
                        new ReadRequest(offset, 1 << 20, Isolation.READ_COMMITTED, -1, -1, true));
                ReadOutcome.Slice slice = assertInstanceOf(ReadOutcome.Slice.class, read);
                List<ReadOutcome.AbortedTxn> aborted = new ArrayList<>(slice.aborted());
                Set<Long> dropping = new LinkedHashSet<>();
                for (RecordBatch batch : RecordBatches.of(bytes(slice))) {
                    while (!aborted.isEmpty() && aborted.getFirst().firstOffset() <= batch.lastOffset()) {
                        dropping.add(aborted.removeFirst().producerId());
                    }
                    if (batch.isControl()) {
                        EndTxnMarker marker = EndTxnMarker.of(batch);
                        if (!marker.commit()) {
                            dropping.remove(batch.producerId());
                        }
                    } else if (!dropping.contains(batch.producerId())) {
                        for (Record record : batch.records()) {
                            values.add(StandardCharsets.UTF_8.decode(record.value()).toString());
                        }
                    }
                    offset = batch.nextOffset();
                }
            }
            return values;
        }

        private static ByteBuffer bytes(ReadOutcome.Slice slice) {
            return switch (slice.records()) {
                case BufferRecords buffered -> buffered.bytes();
                case FileRecords file -> {
                    try {
                        yield file.load();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    } finally {
                        file.release();
                    }
                }
                default -> throw new AssertionError(slice.records());
            };
        }
    }

    /// A client of version 2 that goes on as soon as it is answered, until the world is quiet.
    private static final class Producer {
        private final World world;
        private final String id;
        private final Loop loop;
        private final Map<TopicPartition, Integer> sequences = new LinkedHashMap<>();
        private TxnReply.Granted pair;
        private Transaction transaction;
        private int writesLeft;

        Producer(World world, String id, Loop loop) {
            this.world = world;
            this.id = id;
            this.loop = loop;
        }

        void init() {
            if (!world.quiet) {
                ask(new TxnCommand.InitProducer(id, TIMEOUT_MS, -1, (short) -1), this::begin);
            }
        }

        private void begin(TxnReply reply) {
            if (!(reply instanceof TxnReply.Granted granted)) {
                loop.schedule(100, this::init);
                return;
            }
            pair = granted;
            if (world.quiet) {
                return;
            }
            if (world.random.nextInt(30) == 0) {
                init();
                return;
            }
            sequences.clear();
            transaction = new Transaction();
            world.transactions.add(transaction);
            writesLeft = 1 + world.random.nextInt(4);
            write();
        }

        private void write() {
            if (writesLeft-- == 0) {
                if (world.random.nextInt(25) != 0) {
                    end();
                } // else the producer is silent until its transaction runs out of time
                return;
            }
            TopicPartition to = new TopicPartition("data", world.random.nextInt(DATA_PARTITIONS));
            String value = id + "#" + world.values++;
            int sequence = sequences.merge(to, 1, Integer::sum) - 1;
            Loop owner = world.loops.loop(World.ownerOf(to));
            Transaction mine = transaction;
            owner.execute(() -> append(owner, to, sequence, value, error -> loop.execute(() -> {
                if (error == ErrorCode.NONE) {
                    mine.acknowledged.computeIfAbsent(to, _ -> new ArrayList<>()).add(value);
                    write();
                } else {
                    init();
                }
            })));
        }

        private void append(
                Loop owner, TopicPartition to, int sequence, String value, Consumer<ErrorCode> done) {
            Partition partition = world.partitions.get(to);
            ByteBuffer batch = new RecordBatchBuilder(Compression.NONE)
                    .producer(pair.producerId(), pair.producerEpoch(), sequence)
                    .transactional()
                    .append(owner.nowMs(), null, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)))
                    .build();
            VerificationGuard guard =
                    partition.verificationGuard(pair.producerId(), pair.producerEpoch(), sequence, true);
            if (guard == null) {
                put(owner, partition, batch, null, done);
                return;
            }
            TxnCommand.AddPartitions question = TxnCommand.AddPartitions.byLeader(
                    id, pair.producerId(), pair.producerEpoch(), List.of(to), AddMode.ADD);
            world.coordinators.submit(question, Caller.ofBroker(owner, owner.nowMs() + 3_000), reply -> {
                ErrorCode error = TxnCoordinators.perPartition(question.partitions(), reply).get(to);
                if (error == ErrorCode.NONE) {
                    put(owner, partition, batch, guard, done);
                } else {
                    done.accept(error);
                }
            });
        }

        private static void put(
                Loop owner, Partition partition, ByteBuffer batch, VerificationGuard guard, Consumer<ErrorCode> done) {
            ClientAppend how = new ClientAppend((short) 12, (short) -1, guard);
            switch (partition.appendFromClient(batch, how, owner.nowMs())) {
                case AppendOutcome.Rejected rejected -> done.accept(rejected.error());
                case AppendOutcome.WrittenBefore before ->
                    partition.awaitCommitted(before.lastOffset(), Long.MAX_VALUE, done);
                case AppendOutcome.Appended appended ->
                    partition.awaitCommitted(appended.lastOffset(), Long.MAX_VALUE, done);
            }
        }

        private void end() {
            Transaction mine = transaction;
            mine.asked = world.random.nextInt(4) == 0 ? Outcome.ABORT : Outcome.COMMIT;
            TxnCommand end = new TxnCommand.End(
                    id, pair.producerId(), pair.producerEpoch(), mine.asked, TxnVersion.V2);
            ask(end, reply -> {
                mine.answered = reply instanceof TxnReply.Granted;
                begin(reply);
            });
        }

        private void ask(TxnCommand command, Consumer<TxnReply> answered) {
            world.coordinators.submit(command, Caller.ofBroker(loop, loop.nowMs() + 3_000), answered);
        }
    }
}
