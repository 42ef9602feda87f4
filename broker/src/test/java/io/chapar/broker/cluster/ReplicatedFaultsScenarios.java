package io.chapar.broker.cluster;

import io.chapar.broker.BrokerFixture.Asked;
import io.chapar.broker.log.FileRecords;
import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.ReadOutcome;
import io.chapar.broker.partition.ReadRequest;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableTopic;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableTopicConfig;
import io.chapar.protocol.message.EndTxnRequest;
import io.chapar.protocol.message.EndTxnResponse;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceRequest.PartitionProduceData;
import io.chapar.protocol.message.ProduceRequest.TopicProduceData;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.ProduceResponse.PartitionProduceResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.Record;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.RecordBatches;
import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Three brokers and all that can happen to them, drawn: links break, brokers are killed, fenced, cut off from the rest
/// while their clients are not, and one loses its power. Whoever leads never shows anything but what is committed; when
/// all is well again nothing that was acknowledged is missing, no transaction is torn, and all replicas are the same.
class ReplicatedFaultsScenarios {
    private static final UUID NO_ID = new UUID(0, 0);
    private static final String TOPIC = "t";
    private static final int PARTITIONS = 2;
    private static final int SEEDS = 40;
    private static final Map<String, String> SETTINGS = Map.of(
            "transaction.state.log.num.partitions", "2", "offsets.topic.num.partitions", "1",
            "default.replication.factor", "3", "replica.lag.time.max.ms", "300");

    private Random random = new Random(0);
    private ClusterFixture cluster = new ClusterFixture(3, 0, 3, SETTINGS);
    /// What some leader has shown to be committed, by partition and offset.
    private final List<Map<Long, String>> shown = new ArrayList<>();
    private final List<Map<Long, String>> acknowledged = new ArrayList<>();
    private int written;
    private boolean hasLostPower;

    private void begin(long seed) {
        random = new Random(seed);
        cluster = new ClusterFixture(3, seed, 3, SETTINGS);
        shown.clear();
        acknowledged.clear();
        for (int i = 0; i < PARTITIONS; i++) {
            shown.add(new TreeMap<>());
            acknowledged.add(new TreeMap<>());
        }
        written = 0;
        hasLostPower = false;
        cluster.ask(1, CreateTopicsRequest.builder().timeoutMs(5_000).topics(List.of(CreatableTopic.builder()
                .name(TOPIC).numPartitions(PARTITIONS).replicationFactor((short) 3)
                .configs(List.of(new CreatableTopicConfig("min.insync.replicas", "2"))).build())).build(), 7);
    }

    // ---- plain writes

    @Test
    void nothingAcknowledgedIsLost() {
        run(1, SEEDS);
    }

    @Test
    @Tag("nightly")
    void nothingAcknowledgedIsLostInManyWorlds() {
        run(1_000, 5_000);
    }

    private void run(long from, int seeds) {
        int count = 0;
        for (long seed = from; seed < from + seeds; seed++) {
            begin(seed);
            String world = "seed " + seed;
            cluster.breakLinksEvery(random.nextInt(3) == 0 ? 0 : 20 + random.nextInt(80));
            List<Runnable> answers = new ArrayList<>();
            for (int step = 0; step < 60; step++) {
                step(answers);
                answers.forEach(Runnable::run);
                look(world);
            }
            recover();
            answers.forEach(Runnable::run);
            look(world);
            assertWhole(world);
            count += acknowledged.stream().mapToInt(Map::size).sum();
        }
        assertTrue(count > seeds * 5, "only " + count + " were acknowledged");
    }

    private void step(List<Runnable> answers) {
        switch (random.nextInt(10)) {
            case 0, 1, 2, 3 -> {
                for (int i = random.nextInt(4); i >= 0; i--) {
                    write(answers);
                }
            }
            case 4, 5 -> cluster.advance(random.nextInt(400));
            case 6 -> fault();
            case 7 -> mend();
            default -> cluster.steps(random.nextInt(60));
        }
    }

    private void fault() {
        int broker = 1 + random.nextInt(3);
        if (!cluster.isRunning(broker) || running() < 2) {
            return;
        }
        switch (random.nextInt(6)) {
            case 0 -> cluster.cutOff(broker);
            case 1 -> {
                cluster.cutOff(broker);
                cluster.fence(broker);
            }
            case 2 -> cluster.loseMetadataAnswers(1 + random.nextInt(2));
            case 3 -> {
                if (!hasLostPower && running() == 3 && allInSync()) {
                    hasLostPower = true;
                    cluster.losePower(broker, random.nextBoolean() ? Loss.ALL_UNSYNCED : Loss.TAILS);
                }
            }
            default -> cluster.kill(broker);
        }
        if (!cluster.isRunning(broker) && random.nextInt(3) != 0) {
            cluster.fence(broker);
        }
    }

    private boolean allInSync() {
        return cluster.image().topics().values().stream().flatMap(topic -> topic.all().stream())
                .allMatch(partition -> partition.isr().size() == 3);
    }

    private int running() {
        return (int) List.of(1, 2, 3).stream().filter(cluster::isRunning).count();
    }

    private void mend() {
        int broker = 1 + random.nextInt(3);
        if (cluster.isRunning(broker)) {
            cluster.heal(broker);
            cluster.unfence(broker);
        } else {
            cluster.start(broker);
        }
    }

    private void recover() {
        cluster.breakLinksEvery(0);
        cluster.loseMetadataAnswers(0);
        for (int broker = 1; broker <= 3; broker++) {
            cluster.heal(broker);
        }
        for (int broker = 1; broker <= 3; broker++) {
            if (cluster.isRunning(broker)) {
                cluster.unfence(broker);
            } else {
                cluster.start(broker);
            }
        }
        cluster.advance(60_000);
    }

    private void write(List<Runnable> answers) {
        int partition = random.nextInt(PARTITIONS);
        int broker = random.nextInt(4) == 0 ? 1 + random.nextInt(3) : cluster.leader(TOPIC, partition);
        if (broker < 1 || !cluster.isRunning(broker)) {
            return;
        }
        String value = "v" + written++;
        Asked asked = cluster.begin(broker, produce(null, partition, new RecordBatchBuilder(Compression.NONE)
                .append(cluster.nowMs(), null, bytes(value)).build()), 12);
        answers.add(() -> {
            if (asked.answer() != null && only(asked.answer()).errorCode() == 0) {
                acknowledged.get(partition).put(only(asked.answer()).baseOffset(), value);
            }
        });
    }

    /// Whoever leads, as far as it knows, shows what others have shown.
    private void look(String world) {
        for (int broker = 1; broker <= 3; broker++) {
            for (int i = 0; cluster.isRunning(broker) && i < PARTITIONS; i++) {
                Partition partition = cluster.partitionOrNull(broker, TOPIC, i);
                if (partition != null && partition.refusal() == ErrorCode.NONE) {
                    Map<Long, String> before = shown.get(i);
                    String who = world + ", broker " + broker + ", partition " + i;
                    read(partition).forEach((offset, value) ->
                            assertEquals(before.getOrDefault(offset, value), value, who + " at " + offset));
                    before.putAll(read(partition));
                }
            }
        }
    }

    private static Map<Long, String> read(Partition partition) {
        ReadOutcome outcome = partition.read(
                new ReadRequest(0, 1 << 20, Isolation.READ_UNCOMMITTED, -1, -1, true));
        Map<Long, String> found = new TreeMap<>();
        if (outcome instanceof ReadOutcome.Slice slice && slice.records() instanceof FileRecords records) {
            try {
                for (RecordBatch batch : RecordBatches.of(records.load())) {
                    if (!batch.isControl()) {
                        batch.records().forEach(record -> found.put(record.offset(), text(record)));
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } finally {
                records.release();
            }
        }
        return found;
    }

    private void assertWhole(String world) {
        for (int i = 0; i < PARTITIONS; i++) {
            assertEquals(3, cluster.image().topic(TOPIC).partition(i).isr().size(), world);
            Partition led = cluster.partition(TOPIC, i);
            assertEquals(led.logEndOffset(), led.highWatermark(), world);
            Map<Long, String> there = read(led);
            String where = world + ", partition " + i;
            shown.get(i).forEach((offset, value) -> assertEquals(value, there.get(offset), where + " at " + offset));
            acknowledged.get(i).forEach((offset, value) ->
                    assertEquals(value, there.get(offset), where + " acknowledged at " + offset));
            assertEquals(there.size(), new LinkedHashSet<>(there.values()).size(), where);
            ByteBuffer bytes = cluster.logBytes(1, TOPIC, i);
            for (int broker = 2; broker <= 3; broker++) {
                assertEquals(bytes, cluster.logBytes(broker, TOPIC, i), where + ", broker " + broker);
            }
        }
    }

    // ---- transactions

    /// A transaction writes to every partition; whatever befalls the brokers at whatever moment, it is there everywhere
    /// or nowhere, and everywhere where its commit was acknowledged.
    @Test
    void noTransactionIsTorn() {
        transactions(1, SEEDS / 2);
    }

    @Test
    @Tag("nightly")
    void noTransactionIsTornInManyWorlds() {
        transactions(1_000, 2_000);
    }

    private void transactions(long from, int seeds) {
        int count = 0;
        for (long seed = from; seed < from + seeds; seed++) {
            begin(seed);
            String world = "seed " + seed;
            cluster.ask(2, FindCoordinatorRequest.builder()
                    .keyType((byte) 1).coordinatorKeys(List.of("x")).build(), 4);
            cluster.advance(100);
            Set<String> committed = new LinkedHashSet<>();
            Writer writer = new Writer();
            for (int n = 0; n < 6; n++) {
                writer.run("n" + n, committed);
            }
            recover();
            List<Set<String>> seen = new ArrayList<>();
            for (int i = 0; i < PARTITIONS; i++) {
                Partition led = cluster.partition(TOPIC, i);
                assertEquals(led.highWatermark(), led.lastStableOffset(), world + ": open in " + i);
                seen.add(visible(cluster.logBytes(1 + i, TOPIC, i), world));
            }
            assertEquals(seen.get(0), seen.get(1), world + ": torn");
            assertTrue(seen.get(0).containsAll(committed), world + ": " + committed + " in " + seen.get(0));
            assertWhole(world);
            count += committed.size();
        }
        assertTrue(count > seeds, "only " + count + " were committed");
    }

    /// What readers of committed data see, each once.
    private static Set<String> visible(ByteBuffer log, String world) {
        Map<Long, List<String>> open = new LinkedHashMap<>();
        Set<String> visible = new LinkedHashSet<>();
        for (RecordBatch batch : RecordBatches.of(log)) {
            if (batch.isControl()) {
                List<String> values = open.remove(batch.producerId());
                EndTxnMarker marker = EndTxnMarker.of(batch);
                if (values != null && marker != null && marker.commit()) {
                    values.forEach(value -> assertTrue(visible.add(value), world + ": twice " + value));
                }
            } else {
                batch.records().forEach(record ->
                        open.computeIfAbsent(batch.producerId(), _ -> new ArrayList<>()).add(text(record)));
            }
        }
        assertTrue(open.isEmpty(), world + ": open " + open);
        return visible;
    }

    /// A transactional producer that begins anew after whatever went wrong.
    private final class Writer {
        private static final String ID = "w";
        private long producerId = -1;
        private short epoch = -1;
        private final Map<Integer, Integer> sequences = new TreeMap<>();

        void run(String value, Set<String> committed) {
            if (producerId < 0 && !init()) {
                return;
            }
            int moment = random.nextInt(2 * PARTITIONS + 4);
            for (int i = 0; i < PARTITIONS; i++) {
                int sequence = sequences.merge(i, 1, Integer::sum) - 1;
                ByteBuffer batch = new RecordBatchBuilder(Compression.NONE).producer(producerId, epoch, sequence)
                        .transactional().append(cluster.nowMs(), null, bytes(value)).build();
                if (!(ask(cluster.leader(TOPIC, i), produce(ID, i, batch), 12, moment == i) instanceof ProduceResponse
                        answer) || only(answer).errorCode() != 0) {
                    producerId = -1;
                    return;
                }
            }
            EndTxnRequest end = EndTxnRequest.builder().transactionalId(ID).producerId(producerId)
                    .producerEpoch(epoch).committed(true).build();
            if (ask(cluster.coordinator(ID), end, 5, moment >= PARTITIONS && moment < PARTITIONS + 2)
                    instanceof EndTxnResponse answer && answer.errorCode() == 0) {
                committed.add(value);
                adopt(answer.producerId(), answer.producerEpoch());
            } else {
                producerId = -1;
            }
        }

        private boolean init() {
            for (int i = 0; i < 20; i++) {
                if (ask(cluster.coordinator(ID), InitProducerIdRequest.builder().transactionalId(ID)
                        .transactionTimeoutMs(10_000).producerId(-1).producerEpoch((short) -1).build(), 5, false)
                        instanceof InitProducerIdResponse answer && answer.errorCode() == 0) {
                    adopt(answer.producerId(), answer.producerEpoch());
                    return true;
                }
                mend();
                cluster.advance(500);
            }
            return false;
        }

        private void adopt(long newId, short newEpoch) {
            producerId = newId;
            epoch = newEpoch;
            sequences.clear();
        }
    }

    /// Null where no answer comes. Some broker may be lost at some moment on the way.
    private @Nullable Response ask(int broker, Request request, int version, boolean withFault) {
        if (broker < 1 || !cluster.isRunning(broker)) {
            mend();
            return null;
        }
        Asked asked = cluster.begin(broker, request, version);
        if (withFault) {
            cluster.steps(random.nextInt(80));
            int victim = random.nextBoolean() ? broker : 1 + random.nextInt(3);
            if (cluster.isRunning(victim) && running() > 2) {
                if (random.nextInt(3) == 0) {
                    cluster.cutOff(victim);
                } else {
                    cluster.kill(victim);
                }
                cluster.fence(victim);
            }
        }
        for (int i = 0; i < 60 && asked.answer() == null; i++) {
            cluster.advance(50);
        }
        return asked.answer();
    }

    // ---- messages

    private static ProduceRequest produce(@Nullable String id, int partition, ByteBuffer batch) {
        return new ProduceRequest(id, (short) -1, 3_000, List.of(new TopicProduceData(TOPIC, NO_ID,
                List.of(new PartitionProduceData(partition, new BufferRecords(batch))))));
    }

    private static PartitionProduceResponse only(Response answer) {
        return ((ProduceResponse) answer).responses().getFirst().partitionResponses().getFirst();
    }

    private static ByteBuffer bytes(String value) {
        return ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(Record record) {
        return StandardCharsets.UTF_8.decode(record.value().duplicate()).toString();
    }
}
