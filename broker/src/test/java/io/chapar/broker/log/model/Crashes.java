package io.chapar.broker.log.model;

import io.chapar.broker.log.disk.Loss;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.record.RecordBatch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertNull;

/// Ends of process and power, and the openings after them.
final class Crashes {
    private final Subject subject;
    private final Resolution resolution;
    private final Random random;
    private final IndexDamage damage;
    private boolean atRandom;
    /// Number of the operation at which the disk stops.
    private long stopAt = Long.MAX_VALUE;

    Crashes(Subject subject, boolean atRandom) {
        this.subject = subject;
        this.resolution = new Resolution(subject);
        this.damage = new IndexDamage(subject);
        this.random = subject.random;
        this.atRandom = atRandom;
    }

    /// The power may go within the next operations of the disk.
    void maybePlan() {
        if (atRandom && random.nextInt(10) == 0) {
            plan(subject.disk.operations() + 1 + random.nextInt(15));
            subject.tell("power goes at operation " + stopAt);
        }
    }

    void plan(long operation) {
        stopAt = operation;
        subject.disk.faults().stopAtOperation(operation);
    }

    interface Look {
        void look() throws IOException;
    }

    /// The disk does not stop while it is only looked at, though a look may mend an index.
    void calmly(Look look) throws IOException {
        subject.disk.faults().stopAtOperation(Long.MAX_VALUE);
        look.look();
        subject.disk.faults().stopAtOperation(stopAt);
    }

    void noMore() {
        atRandom = false;
        plan(Long.MAX_VALUE);
    }

    Loss someLoss() {
        List<Loss> all = List.of(Loss.values());
        return all.get(random.nextInt(all.size()));
    }

    void crash(Loss loss) {
        subject.tell("crash, lost: " + loss);
        subject.disk.crash(loss, random);
        subject.disk.faults().failWriteAfter(-1);
        stopAt = Long.MAX_VALUE;
        if (loss != Loss.NOTHING) {
            subject.powerWasLost = true;
            if (random.nextInt(3) == 0) {
                spoil();
            }
        }
        subject.letGo();
        subject.loop = new ManualLoop(subject.loop.nowMs());
    }

    /// Turns around bits of what was not synced when the power went.
    private void spoil() {
        for (String path : subject.disk.paths()) {
            int size = subject.disk.content(path).length;
            int from = subject.disk.doubtfulFrom(path);
            if (path.endsWith(".log") && size > from) {
                int at = from + random.nextInt(size - from);
                if (!isChecked(subject.disk.content(path), at)) {
                    continue;
                }
                subject.tell("bit flipped in " + path + " at " + at);
                subject.disk.flipBit(path, at, random.nextInt(8));
            }
        }
    }

    /// A batch's base offset and leader epoch are in no checksum; what is wrong there cannot be found out.
    private static boolean isChecked(byte[] file, int at) {
        int start = 0;
        while (start + RecordBatch.PREFIX_BYTES <= at) {
            int size = RecordBatch.PREFIX_BYTES + ByteBuffer.wrap(file).getInt(start + 8);
            if (size < RecordBatch.HEADER_BYTES || at - start < size) {
                break;
            }
            start += size;
        }
        int inBatch = at - start;
        return inBatch >= 16 || (inBatch >= 8 && inBatch < 12);
    }

    /// Opens the partition as its leader, cut off perhaps and opened again.
    void open() throws IOException {
        if (random.nextInt(12) == 0) {
            calmly(damage::doSome);
        }
        while (true) {
            if (atRandom && random.nextInt(6) == 0) {
                plan(subject.disk.operations() + 1 + random.nextInt(6));
            }
            Partition opened = subject.tryOpening();
            if (opened != null) {
                assertNull(opened.offlineReason(), "online");
                subject.lead(opened);
                break;
            }
            crash(someLoss());
        }
        resolve();
        calmly(() -> subject.checks.check(subject.partition, subject.leaderEpoch));
    }

    /// A partition that a failing write took offline opens itself again, by and by.
    void comeBack() throws IOException {
        subject.tell("waits for the disk");
        plan(Long.MAX_VALUE);
        subject.disk.faults().failWriteAfter(-1);
        subject.loop.advance(40_000);
        assertNull(subject.partition.offlineReason(), "online again");
        subject.guarded.clear();
        resolve();
        subject.checks.check(subject.partition, subject.leaderEpoch);
    }

    void resolve() throws IOException {
        calmly(resolution::resolve);
    }

    void resolveProducers() {
        resolution.resolveProducers();
    }
}
