package io.chapar.simulator;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertNotNull;

/// The simulation is worth what it catches: each of these bugs, planted into the real code, breaks a promise within 200 seeds.
class PlantedBugsTest {
    private static final int MOST_SEEDS = 200;
    private static final List<String> SOME =
            List.of("last stable offset ignores open transactions", "reader shows aborted records");
    private static final String BROKER = "broker/src/main/java/io/chapar/broker/";
    private static final String TXN = "txn-coordinator/src/main/java/io/chapar/txn/";
    private static final String CLIENT = "client/src/main/java/io/chapar/client/";
    private static final String PROCESSOR = "processor-sdk/src/main/java/io/chapar/processor/";

    @TempDir
    Path scratch;

    static List<PlantedBug> inTheBroker() {
        return List.of(
                new PlantedBug("deduplication window of 4", BROKER + "producer/ProducerEntry.java",
                        "static final int WINDOW = 5;", "static final int WINDOW = 4;"),
                new PlantedBug("no deduplication", BROKER + "producer/ProducerTable.java",
                        "return next ? null : \"sequence \" + first + \" after \" + last;", "return null;"),
                new PlantedBug("last stable offset ignores open transactions", BROKER + "partition/Partition.java",
                        "return Math.min(highWatermark, Math.max(log.logStart(), log.producers().firstUnstableOffset()));",
                        "return highWatermark;"),
                new PlantedBug("last stable offset one too low", BROKER + "partition/Partition.java",
                        "return Math.min(highWatermark, Math.max(log.logStart(), log.producers().firstUnstableOffset()));",
                        "return Math.min(highWatermark, Math.max(log.logStart(), log.producers().firstUnstableOffset() - 1));"),
                new PlantedBug("aborted entry missing for readers that begin inside of the transaction",
                        BROKER + "producer/AbortedTxnIndex.java",
                        "if (entry.firstOffset() < upper) {",
                        "if (entry.firstOffset() >= from && entry.firstOffset() < upper) {"),
                new PlantedBug("aborted entry never written", BROKER + "producer/ProducerTable.java",
                        "return new CompletedTxn(producerId, first, offset, !marker.commit(), stableAfter);",
                        "return new CompletedTxn(producerId, first, offset, false, stableAfter);"),
                new PlantedBug("acknowledged before append", BROKER + "partition/Partition.java",
                        "AppendOutcome outcome = write(batch, config.logAppendTime() ? nowMs : -1);",
                        "AppendOutcome outcome = batch.isTransactional() ? write(batch, -1)"
                                + " : new Appended(batch.baseOffset(), batch.lastOffset(), -1, log.logStart(), false);"),
                new PlantedBug("acknowledged before fsync", BROKER + "partition/FlushPlan.java",
                        "return config.flushAcks() ? log.syncedTo() : log.logEnd();", "return log.logEnd();"),
                new PlantedBug("the coordinator is asked about new producers only", BROKER + "producer/ProducerTable.java",
                        "if (entry != null && (epoch < entry.epoch()"
                                + " || (epoch == entry.epoch() && entry.hasOpenTxn()))) {",
                        "if (entry != null) {"),
                new PlantedBug("snapshot forgets open transactions", BROKER + "producer/ProducerTable.java",
                        "entries.put(entry.producerId(), entry);\n        if (entry.hasOpenTxn()) {",
                        "entries.put(entry.producerId(), entry);\n        if (entry.producerId() < 0) {"),
                new PlantedBug("pending offsets applied on abort", BROKER + "group/OffsetTable.java",
                        "if (commit && (present == null || present.recordOffset() < value.recordOffset())) {",
                        "if (present == null || present.recordOffset() < value.recordOffset()) {"),
                new PlantedBug("open transactions do not hold offsets back", BROKER + "group/OffsetTable.java",
                        "return isPending(group, partition)\n", "return group.isEmpty()\n"),
                new PlantedBug("commits of an older generation are taken", BROKER + "group/OffsetCommands.java",
                        "if (generation != group.generation()) {", "if (generation > group.generation()) {"));
    }

    static List<PlantedBug> onDisk() {
        return List.of(
                new PlantedBug("numbers do not begin anew after the last one", BROKER + "producer/ProducerTable.java",
                        "boolean next = first == last + 1L || (first == 0 && last == Integer.MAX_VALUE);",
                        "boolean next = first == last + 1L;"),
                new PlantedBug("replay that validates", BROKER + "log/LogRecovery.java",
                        "CompletedTxn completed = batch.isCrcValid() ? table.fold(batch) : null;",
                        "CompletedTxn completed = table.check(batch, true, null) instanceof"
                                + " io.chapar.broker.producer.SequenceCheck.Accepted ? table.fold(batch) : null;"),
                new PlantedBug("compaction goes beyond the last stable offset", BROKER + "log/Cleaning.java",
                        "if (segmentEnd > stableOffset || segmentEnd > synced || young) {",
                        "if (segmentEnd > log.checkpoints.saved().segment() || young) {"),
                new PlantedBug("compaction drops markers before their data", BROKER + "log/compact/BatchCleaner.java",
                        "if (dataLeft || given.lastOffset() > keys.latest()) {",
                        "if (given.lastOffset() > keys.latest()) {"),
                new PlantedBug("compaction takes records without a later one", BROKER + "log/compact/BatchCleaner.java",
                        "if (!record.hasKey() || keys.newest(record.key()) > record.offset()) {",
                        "if (!record.hasKey() || keys.newest(record.key()) >= record.offset()) {"),
                new PlantedBug("recovery keeps a batch with a wrong checksum", BROKER + "log/LogRecovery.java",
                        "if (!batch.isCrcValid()) {", "if (batch.baseOffset() < 0) {"),
                new PlantedBug("snapshot without a checksum", BROKER + "producer/ProducerSnapshot.java",
                        "&& in.getInt() == (int) Crc32c.of(in, BODY_AT, in.limit() - BODY_AT);",
                        "&& in.getInt() != 0;"),
                new PlantedBug("recovery point without a checksum", BROKER + "log/LogOffsets.java",
                        "return told == checksum(lines) ? of(values) : NONE;", "return of(values);"),
                new PlantedBug("reader does not test checksums", CLIENT + "consumer/ChunkReader.java",
                        "if (!next.isCrcValid()) {", "if (next.baseOffset() < 0) {"));
    }

    static List<PlantedBug> elsewhere() {
        return List.of(
                new PlantedBug("markers before the decision is committed", TXN + "TxnCoordinator.java",
                        "        entry.undecided = record;\n",
                        "        entry.undecided = record;\n        if (record.state() instanceof TxnState.Preparing early) {"
                                + " out.accept(markers(entry.transactionalId, early,"
                                + " List.copyOf(early.partitions()))); }\n"),
                new PlantedBug("zombies are not fenced", TXN + "Transitions.java",
                        "if (current.equals(pairOf(producerId, epoch))) {",
                        "if (current.producerId() == producerId) {"),
                new PlantedBug("epoch not raised at the end of a transaction", TXN + "ProducerEpochs.java",
                        "return epoch == Short.MAX_VALUE ? epoch : (short) (epoch + 1);", "return epoch;"),
                new PlantedBug("later partitions are not registered", TXN + "Transitions.java",
                        "joined.addAll(add.partitions());",
                        "joined.addAll(members.isEmpty() ? add.partitions() : members);"),
                new PlantedBug("epoch not raised on time-out", TXN + "Transitions.java",
                        "TxnState aborted = succession.end(open, Outcome.ABORT, open.holder().producerEpoch(), nowMs);",
                        "TxnState aborted = Succession.endV1(open, Outcome.ABORT, nowMs);"),
                new PlantedBug("time-out commits", TXN + "Transitions.java",
                        "TxnState aborted = succession.end(open, Outcome.ABORT, open.holder().producerEpoch(), nowMs);",
                        "TxnState aborted = succession.end(open, Outcome.COMMIT, open.holder().producerEpoch(), nowMs);"),
                new PlantedBug("a refused record does not spoil its transaction",
                        CLIENT + "producer/ProducerCore.java",
                        "if (txn != null && txn.isOpen() && refusal == null) {",
                        "if (txn != null && txn.isOpen() && refusal != null) {"),
                new PlantedBug("commit does not wait for records", CLIENT + "producer/TxnCore.java",
                        "if (isCommitting() && core.isQuiet()) {", "if (isCommitting()) {"),
                new PlantedBug("reader shows aborted records", CLIENT + "consumer/CommittedReadFilter.java",
                        "return !batch.isTransactional() || !aborting.contains(batch.producerId());", "return true;"),
                new PlantedBug("reader drops one transaction too many", CLIENT + "consumer/CommittedReadFilter.java",
                        "aborting.remove(batch.producerId());", "aborting.add(batch.producerId());"),
                new PlantedBug("positions one too far", PROCESSOR + "Cycle.java",
                        "new OffsetAndMetadata(record.offset() + 1, record.leaderEpoch(), \"\")",
                        "new OffsetAndMetadata(record.offset() + 2, record.leaderEpoch(), \"\")"));
    }

    @ParameterizedTest
    @Tag("nightly")
    @MethodSource({"inTheBroker", "onDisk", "elsewhere"})
    void everyPlantedBugIsCaught(PlantedBug bug) throws Exception {
        PlantedBug.Caught caught = bug.hunt(scratch, 1, MOST_SEEDS);
        System.out.println("| " + bug.name() + " | "
                + (caught.promise() == null ? "-" : caught.promise().substring(0, caught.promise().indexOf(':')))
                + " | " + caught.seeds() + " |");
        assertNotNull(caught.promise(), () -> "not caught in " + MOST_SEEDS + " seeds: " + bug.name());
    }

    /// Whoever changes one of these lines plants its bug anew.
    @ParameterizedTest
    @MethodSource({"inTheBroker", "onDisk", "elsewhere"})
    void everyBugCanStillBePlanted(PlantedBug bug) throws IOException {
        bug.spoilt();
    }

    static List<PlantedBug> some() {
        return Stream.concat(inTheBroker().stream(), elsewhere().stream())
                .filter(bug -> SOME.contains(bug.name())).toList();
    }

    @ParameterizedTest
    @MethodSource("some")
    void somePlantedBugsAreCaught(PlantedBug bug) throws Exception {
        assertNotNull(bug.hunt(scratch, 1, MOST_SEEDS).promise());
    }
}
