package io.chapar.broker.log.model;

import io.chapar.broker.log.Compaction;
import io.chapar.broker.log.Driven;
import io.chapar.broker.log.PartitionLog;
import io.chapar.protocol.record.RecordBatch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What happens to a log whose leader is elsewhere.
final class FollowerSteps {
    private final Subject subject;
    private final Crashes crashes;
    private final Random random;
    private final LogModel model;

    FollowerSteps(Subject subject, Crashes crashes) {
        this.subject = subject;
        this.crashes = crashes;
        this.random = subject.random;
        this.model = subject.model;
    }

    void step() throws IOException {
        int what = random.nextInt(22);
        if (what < 11) {
            append();
        } else if (what < 14) {
            truncate();
        } else if (what == 14) {
            flush();
        } else if (what == 15) {
            subject.startingAt = model.start + random.nextLong(model.end - model.start + 1);
            subject.tell("log start to " + subject.startingAt);
            Driven.advanceLogStart(subject.log(), subject.loop, subject.startingAt, model.end);
            model.start = Math.max(model.start, subject.startingAt);
        } else if (what == 16) {
            crashes.crash(crashes.someLoss());
            crashes.open();
        } else if (what < 19) {
            compact();
        } else {
            becomeLeader();
        }
    }

    private void append() throws IOException {
        if (random.nextInt(8) == 0) {
            subject.leaderEpoch++;
        }
        Intended what = subject.writers.any(subject.loop.nowMs());
        long base = subject.log().logEnd() + (random.nextInt(6) == 0 ? random.nextInt(5) : 0);
        subject.tell("replicate " + what + " at " + base + " of epoch " + subject.leaderEpoch);
        ByteBuffer bytes = what.build(base, subject.leaderEpoch, subject.loop.nowMs());
        subject.appending = List.of(what);
        subject.log().append(RecordBatch.at(bytes, bytes.position()));
        model.add(new Written(bytes));
    }

    /// What was compacted was committed, and is never cut.
    private void truncate() throws IOException {
        long least = Math.max(model.start, subject.committed);
        long to = least + random.nextLong(Math.max(0, model.end - least) + 1);
        subject.truncatingTo = model.endBefore(to);
        subject.durableStart = Math.min(subject.durableStart, subject.truncatingTo);
        subject.durableEnd = Math.min(subject.durableEnd, subject.truncatingTo);
        subject.tell("truncate to " + to);
        PartitionLog log = subject.log();
        Driven.truncate(log, subject.loop, to);
        assertTrue(to == model.end || (log.logEnd() >= subject.truncatingTo && log.logEnd() <= to),
                "the end after a cut");
        model.cut(log.logEnd());
        crashes.resolveProducers();
    }

    private void flush() throws IOException {
        subject.tell("flush");
        PartitionLog log = subject.log();
        long end = log.logEnd();
        log.flushLater(subject.loop, end, failure -> subject.tell("sync failed: " + failure));
        subject.loop.runAll();
        if (!subject.disk.isStopped()) {
            subject.durableEnd = Math.max(subject.durableEnd, log.recoveryPoint());
            assertEquals(end, log.recoveryPoint(), "recovery point");
        }
    }

    private void compact() throws IOException {
        if (!subject.config.compact()) {
            return;
        }
        if (random.nextBoolean()) {
            flush();
        }
        if (subject.disk.isStopped()) {
            return;
        }
        subject.compacting();
        PartitionLog log = subject.log();
        long nowMs = subject.loop.nowMs();
        Compaction compaction = log.compact(nowMs, subject.stableOffset(), subject.keyBytes());
        subject.tell("compaction at " + nowMs + (compaction == null ? ": nothing to do" : ""));
        if (compaction != null) {
            compaction.runAll();
            assertTrue(subject.disk.isStopped() || compaction.failure() == null, compaction::failure);
        }
    }

    void becomeLeader() throws IOException {
        if (random.nextBoolean()) {
            subject.tell("close");
            subject.log().close(model.end);
            subject.durableEnd = model.end;
            subject.durableStart = model.start;
            subject.letGo();
        } else {
            crashes.crash(crashes.someLoss());
        }
        crashes.open();
        assertNull(subject.partition.offlineReason());
    }
}
