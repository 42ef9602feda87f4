package io.chapar.broker.partition;

import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.protocol.record.RecordBatchBuilder;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// What a partition knows of its producers is a function of its log: after a clean stop or a kill at any point, with
/// snapshots, segments and a tail to be replayed, every judgement is what it was before.
class ProducerReplayProperties {
    private static final int REMEMBERED = 12;

    @Property(tries = 300)
    void everyJudgementIsTheSameAfterARestart(@ForAll long seed) {
        Random random = new Random(seed);
        World world = new World(random);
        for (int step = 0; step < 60; step++) {
            world.write();
            if (random.nextInt(8) == 0) {
                List<String> before = world.judgements();
                world.restart();
                assertEquals(before, world.judgements(), "after step " + step);
            }
        }
    }

    /// A batch that was sent once.
    private record Sent(long producerId, int epoch, int sequence, int records, boolean transactional) {}

    private static final class World {
        private final Random random;
        private final MemoryDisk disk = new MemoryDisk();
        private final PartitionFixture f;
        private final List<Sent> sent = new ArrayList<>();
        private final int[] epochs = new int[4];
        private final int[] sequences = new int[4];

        World(Random random) {
            this.random = random;
            this.f = new PartitionFixture(disk, LogConfig.builder().segmentBytes(1024).build());
        }

        void restart() {
            if (random.nextBoolean()) {
                f.reopen();
            } else {
                disk.crash(Loss.NOTHING, random);
                f.open();
            }
        }

        /// Most of the time what a producer would do next, now and then anything.
        void write() {
            int producer = random.nextInt(4);
            boolean transactional = producer < 3;
            int version = producer == 0 ? 1 : 2;
            f.loop.advance(random.nextInt(1000));
            if (transactional && random.nextInt(4) == 0) {
                int raised = version == 2 ? epochs[producer] + 1 : epochs[producer];
                int odd = random.nextInt(8) == 0 ? random.nextInt(-1, 3) : 0;
                AppendOutcome outcome = f.marker(
                        100 + producer, Math.max(0, raised + odd), random.nextInt(3), random.nextBoolean(), version);
                if (outcome instanceof AppendOutcome.Appended) {
                    goOn(producer, Math.max(0, raised + odd));
                }
                return;
            }
            if (random.nextInt(15) == 0) {
                goOn(producer, epochs[producer] + 1);
            }
            int records = 1 + random.nextInt(3);
            int odd = random.nextInt(10) == 0 ? random.nextInt(-3, 4) : 0;
            Sent batch = new Sent(
                    100 + producer, epochs[producer], Math.max(0, sequences[producer] + odd), records, transactional);
            if (append(batch, true) instanceof AppendOutcome.Appended appended && !appended.duplicate()) {
                sequences[producer] = batch.sequence() + records;
            }
            sent.add(batch);
            if (sent.size() > REMEMBERED) {
                sent.removeFirst();
            }
        }

        private void goOn(int producer, int epoch) {
            if (epoch != epochs[producer]) {
                epochs[producer] = epoch;
                sequences[producer] = 0;
            }
        }

        private AppendOutcome append(Sent batch, boolean verified) {
            RecordBatchBuilder builder = f.batch(new String[batch.records()])
                    .producer(batch.producerId(), (short) batch.epoch(), batch.sequence());
            if (!batch.transactional()) {
                return f.append(builder);
            }
            return f.append(builder.transactional(), verified
                    ? f.partition.verificationGuard(
                            batch.producerId(), (short) batch.epoch(), batch.sequence(), batch.producerId() != 100)
                    : null);
        }

        /// What the partition says of its producers, what readers see of it, and how it takes repetitions. Nothing of
        /// it changes anything: a repetition is known, or refused for its epoch, its sequence or its missing guard.
        List<String> judgements() {
            List<String> said = new ArrayList<>();
            f.partition.describeProducers().forEach(one -> said.add(one.toString()));
            said.sort(null);
            said.add("stable " + f.partition.lastStableOffset() + " of " + f.partition.highWatermark());
            long end = f.partition.logEndOffset();
            for (Sent batch : sent) {
                if (isRepetition(batch)) {
                    said.add(batch + " -> " + show(append(batch, false)));
                }
            }
            assertEquals(end, f.partition.logEndOffset(), "a repetition was appended");
            for (int producer = 0; producer < 3; producer++) {
                if (!knows(100 + producer, epochs[producer])) {
                    continue;
                }
                said.add("old marker -> " + show(f.marker(100 + producer, epochs[producer] - 1, 0, true, 2)));
            }
            assertEquals(end, f.partition.logEndOffset(), "an old marker was appended");
            return said;
        }

        /// Whatever has not been taken yet could be taken now.
        private boolean isRepetition(Sent batch) {
            int producer = (int) (batch.producerId() - 100);
            return batch.epoch() == epochs[producer]
                    ? batch.sequence() + batch.records() <= sequences[producer]
                    : batch.epoch() < epochs[producer] && knows(batch.producerId(), epochs[producer]);
        }

        private boolean knows(long producerId, int epoch) {
            return f.partition.describeProducers().stream()
                    .anyMatch(one -> one.producerId() == producerId && one.producerEpoch() == epoch);
        }

        private static String show(AppendOutcome outcome) {
            return switch (outcome) {
                case AppendOutcome.Appended appended ->
                    "at " + appended.baseOffset() + " duplicate " + appended.duplicate();
                case AppendOutcome.WrittenBefore before -> "before " + before.lastOffset();
                case AppendOutcome.Rejected rejected -> rejected.error().toString();
            };
        }
    }
}
