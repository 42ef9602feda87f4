package io.chapar.simulator;

import io.chapar.broker.partition.Partition;
import io.chapar.broker.producer.VerificationGuard;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.RecordBatchBuilder;
import io.chapar.protocol.record.compress.Compression;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;

/// Leaves transactions open that nobody is going to end, as a coordinator does that has lost what it knew: of a
/// producer id that no coordinator has heard of.
final class Hanger {
    private static final long FIRST_ID = 7_000_000;
    private static final int BATCH_BYTES = 1024;
    private static final String NAME = "hanger";

    private final World world;
    private final SimulatedBroker broker;
    private final Ledger ledger;
    private final int partitions;
    private final RandomGenerator random;
    private int left;

    Hanger(World world, SimulatedBroker broker, Swarm swarm, Ledger ledger) {
        this.world = world;
        this.broker = broker;
        this.ledger = ledger;
        partitions = swarm.partitions();
        random = world.random("hanger of " + broker.name());
    }

    void begin(int times) {
        world.in((100 + random.nextLong(1_500)) * 1_000, () -> {
            if (broker.isListening() && !broker.isPaused()) {
                leaveOpen();
            }
            if (times > 1) {
                begin(times - 1);
            }
        });
    }

    private void leaveOpen() {
        long producerId = FIRST_ID + left++;
        TopicPartition at = new TopicPartition(Topics.HANGING, random.nextInt(partitions));
        byte[] stamp = ledger.stamp(NAME, Topics.HANGING, null, false).getBytes(StandardCharsets.UTF_8);
        broker.onOwner(at, owner -> {
            Partition partition = owner.partition(at);
            if (partition == null) {
                return;
            }
            VerificationGuard guard = partition.verificationGuard(producerId, (short) 0, -1, true);
            if (guard != null) {
                var _ = partition.appendFromCoordinator(new RecordBatchBuilder(Compression.NONE, BATCH_BYTES)
                        .producer(producerId, (short) 0, -1).transactional()
                        .append(broker.wallMs(), ByteBuffer.wrap(stamp), ByteBuffer.wrap(stamp)).build(),
                        guard, broker.wallMs());
            }
        });
    }
}
