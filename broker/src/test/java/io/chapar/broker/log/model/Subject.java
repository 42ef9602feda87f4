package io.chapar.broker.log.model;

import io.chapar.broker.log.CompactionLimits;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.log.disk.MemoryDisk;
import io.chapar.broker.partition.Compactor;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.PartitionSetup;
import io.chapar.broker.partition.ReadOutcome;
import io.chapar.broker.partition.ReadRequest;
import io.chapar.broker.runtime.ManualLoop;
import io.chapar.protocol.TopicPartition;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/// What is driven, the model beside it, and what the steps so far have promised.
final class Subject {
    private static final TopicPartition ID = new TopicPartition("t", 0);
    private static final UUID TOPIC_ID = new UUID(1, 2);

    final Random random;
    final MemoryDisk disk = new MemoryDisk();
    final LogModel model = new LogModel();
    final LogChecks checks;
    final Writers writers;
    private final List<String> trace = new ArrayList<>();
    ManualLoop loop = new ManualLoop();
    LogConfig config;
    /// One of these two is there, unless a crash has just ended it: a leader's view, or a follower's.
    Partition partition;
    private PartitionLog followed;
    private Compactor compactor;
    int leaderEpoch;

    /// What survives any loss of power.
    long durableEnd;
    long durableStart;
    /// Compaction may have been at work below; 0 where it never was.
    long settled;
    /// What compaction took for committed, the ends of transactions too, is never cut.
    long committed;
    /// A compaction that began then may still be at work, or may have left something that was not looked at; -1 for
    /// none.
    private long compactingSinceMs = -1;
    /// When the first one began; -1 for none.
    private long compactingEverMs = -1;
    /// Opened since anybody looked.
    private boolean isFresh;
    /// The last epoch of each producer for which a guard was given that no batch has used yet: the order of its first
    /// batches is watched.
    final Map<Long, Short> guarded = new TreeMap<>();
    /// Producers that were forgotten once: whether their windows came back, a partition does not tell, only a log.
    final Set<Long> unsure = new TreeSet<>();

    // What is under way, and may or may not have happened when it is cut off.
    /// In this order; what is found later is a beginning of it.
    List<Intended> appending = List.of();
    long truncatingTo = -1;
    long startingAt = -1;
    boolean retaining;
    boolean powerWasLost;

    Subject(Random random) {
        this.random = random;
        checks = new LogChecks(model, random, () -> loop.runAll());
        writers = new Writers(random, model);
        boolean compact = random.nextInt(3) == 0;
        config = LogConfig.builder()
                .segmentBytes(400 + random.nextInt(2500))
                .indexIntervalBytes(1 + random.nextInt(500))
                .segmentIndexBytes(random.nextInt(4) == 0 ? 24 : 10 << 20)
                .flushMessages(random.nextInt(3) == 0 ? 1 + random.nextInt(8) : Long.MAX_VALUE)
                .flushMs(random.nextInt(3) == 0 ? 20 : Long.MAX_VALUE)
                .compact(compact)
                .delete(!compact || random.nextInt(3) == 0)
                .minCleanableDirtyRatio(random.nextInt(4) == 0 ? 0.5 : 0)
                .deleteRetentionMs(random.nextInt(1500))
                .minCompactionLagMs(random.nextInt(4) == 0 ? random.nextInt(200) : 0)
                .maxCompactionLagMs(random.nextInt(4) == 0 ? 200 + random.nextInt(2000) : Long.MAX_VALUE)
                .retentionMs(2000 + random.nextInt(4000))
                .retentionBytes(random.nextInt(3) == 0 ? 2000 : -1)
                .logAppendTime(random.nextInt(6) == 0)
                .flushAcks(random.nextInt(4) == 0)
                .producerIdExpirationMs(3000)
                .build();
    }

    void tell(String line) {
        trace.add(trace.size() + " " + line);
    }

    List<String> trace() {
        return trace;
    }

    boolean isOffline() {
        return disk.isStopped() || (partition != null && partition.offlineReason() != null);
    }

    /// What is said to be done is done.
    void nothingIsUnderWay() {
        appending = List.of();
        truncatingTo = -1;
        startingAt = -1;
        retaining = false;
    }

    // ---- the log

    /// As its leader or its follower has it.
    PartitionLog log() {
        return partition != null ? partition.logToClose() : followed;
    }

    boolean isLed() {
        return partition != null;
    }

    /// Opens it as its leader; null when the power goes meanwhile.
    Partition tryOpening() {
        guarded.clear();
        Partition opened = Partition.open(
                new PartitionSetup(ID, TOPIC_ID, leaderEpoch, config, new DataFolder(disk, 3), loop));
        loop.runAll();
        readEverywhere(opened);
        return disk.isStopped() ? null : opened;
    }

    /// Damage to an index shows when somebody relies on it, who then has to wait: who checks later does not.
    private void readEverywhere(Partition opened) {
        boolean waits = true;
        while (waits) {
            waits = false;
            for (long offset = opened.logStartOffset(); offset < opened.highWatermark(); offset++) {
                for (Isolation isolation : Isolation.values()) {
                    waits |= opened.read(new ReadRequest(offset, 1, isolation, -1, -1, true))
                            instanceof ReadOutcome.Indexing;
                }
            }
            loop.runAll();
        }
        for (Written each : model.history) {
            each.records().forEach(record -> {
                for (int off = -1; off <= 1; off++) {
                    opened.offsetForTimestamp(record.timestamp() + off, Isolation.READ_UNCOMMITTED, -1, _ -> { });
                }
            });
        }
        opened.offsetForTimestamp(Partition.MAX_TIMESTAMP, Isolation.READ_UNCOMMITTED, -1, _ -> { });
        loop.runAll();
    }

    void lead(Partition opened) {
        partition = opened;
        followed = null;
        isFresh = true;
        closeCompactor();
        compactor = new Compactor(loop, disk,
                new CompactionLimits(keyBytes(), random.nextBoolean() ? 1 << 30 : 30_000, 15_000),
                () -> partition == null ? List.of() : List.of(partition));
    }

    void follow() throws IOException {
        partition = null;
        closeCompactor();
        isFresh = true;
        followed = PartitionLog.open(ID, TOPIC_ID, config, new DataFolder(disk, 3));
    }

    /// The process has ended, or given the log up.
    void letGo() {
        closeCompactor();
        partition = null;
        if (followed != null) {
            leaderEpoch = Math.max(leaderEpoch, followed.latestEpoch());
            followed = null;
        }
    }

    // ---- compaction

    /// What was paused does not go on, nor does it look for more.
    private void closeCompactor() {
        if (compactor != null) {
            compactor.close();
            compactor = null;
        }
    }

    /// Room for a few keys alone, now and then: a compaction goes as far as it can.
    long keyBytes() {
        return random.nextInt(3) == 0 ? 24L * (2 + random.nextInt(10)) : 1 << 14;
    }

    /// Compaction of a led partition begins, if it is due, and goes on with the loop.
    void lookForCompaction() {
        compacting();
        compactor.look();
    }

    /// Whatever compaction may take now lies below.
    void noteSettled() {
        if (config.compact()) {
            settled = Math.max(settled, model.lastStable(model.end));
            committed = isLed() ? model.end : committed;
        }
    }

    /// Compaction is about to begin, or one goes on.
    void compacting() {
        noteSettled();
        committed = model.end;
        compactingSinceMs = compactingSinceMs < 0 ? loop.nowMs() : compactingSinceMs;
        compactingEverMs = compactingEverMs < 0 ? loop.nowMs() : compactingEverMs;
    }

    long stableOffset() {
        if (partition != null) {
            return partition.lastStableOffset();
        }
        followed.producers().highWatermarkAdvanced(followed.logEnd());
        return Math.clamp(followed.producers().firstUnstableOffset(), followed.logStart(), followed.logEnd());
    }

    /// What readers find now is what was there before, or what compaction may have made of it since.
    void observeCompaction() throws IOException {
        if (settled == 0) {
            return;
        }
        noteSettled();
        compactedTo(checks.read(log()));
        isFresh |= !isLed();
        lookedAt();
    }

    /// The power has gone: what any compaction made and a later one replaced may be back.
    void rememberAll() {
        compactingSinceMs = compactingEverMs;
    }

    /// No compaction is at work but those that begin from now on.
    void lookedAt() {
        if (isFresh) {
            compactingSinceMs = -1;
            isFresh = false;
        }
    }

    /// Takes what was found for what is there, if it may be.
    void compactedTo(List<Written> found) {
        long nowMs = loop.nowMs();
        long sinceMs = compactingSinceMs < 0 ? nowMs : compactingSinceMs;
        new CompactionRules(model, settled, sinceMs, nowMs, config.deleteRetentionMs())
                .check(found, log().cleanedUpTo(), unsure);
        model.hold(found);
    }
}
