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
    private boolean atRandom;

    Crashes(Subject subject, boolean atRandom) {
        this.subject = subject;
        this.resolution = new Resolution(subject);
        this.random = subject.random;
        this.atRandom = atRandom;
    }

    /// The power may go within the next operations of the disk.
    void maybePlan() {
        if (atRandom && random.nextInt(10) == 0) {
            long at = subject.disk.operations() + 1 + random.nextInt(15);
            subject.disk.faults().stopAtOperation(at);
            subject.tell("power goes at operation " + at);
        }
    }

    void noMore() {
        atRandom = false;
        subject.disk.faults().stopAtOperation(Long.MAX_VALUE);
    }

    Loss someLoss() {
        List<Loss> all = List.of(Loss.values());
        return all.get(random.nextInt(all.size()));
    }

    void crash(Loss loss) {
        subject.tell("crash, lost: " + loss);
        subject.disk.crash(loss, random);
        subject.disk.faults().failWriteAfter(-1);
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
        while (true) {
            if (atRandom && random.nextInt(6) == 0) {
                subject.disk.faults().stopAtOperation(subject.disk.operations() + 1 + random.nextInt(6));
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
        subject.checks.check(subject.partition, subject.leaderEpoch);
    }

    /// A partition that a failing write took offline opens itself again, by and by.
    void comeBack() throws IOException {
        subject.tell("waits for the disk");
        subject.disk.faults().stopAtOperation(Long.MAX_VALUE).failWriteAfter(-1);
        subject.loop.advance(40_000);
        assertNull(subject.partition.offlineReason(), "online again");
        subject.guarded.clear();
        resolve();
        subject.checks.check(subject.partition, subject.leaderEpoch);
    }

    void resolve() throws IOException {
        resolution.resolve();
    }

    void resolveProducers() {
        resolution.resolveProducers();
    }
}
