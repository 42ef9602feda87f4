package io.chapar.simulator;

import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.record.ControlType;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;

/// A fetch gives what stands in the log, byte for byte. With the list of aborted transactions that comes along, a
/// reader of committed data drops exactly the records of aborted transactions; it gets none of an open one.
final class ReadersAreToldWhatWasAborted extends Promise {
    private static final UUID NO_ID = new UUID(0, 0);

    ReadersAreToldWhatWasAborted() {
        super("A fetch gives what is in the log, and readers are told exactly what was aborted");
    }

    @Override
    void answered(SimulatedBroker broker, ServerConnection.Exchange exchange, Response response) {
        if (!(response instanceof FetchResponse fetched) || !(exchange.request() instanceof FetchRequest request)) {
            return;
        }
        boolean committed = request.isolationLevel() == 1;
        for (FetchResponse.FetchableTopicResponse topic : fetched.responses()) {
            for (FetchResponse.PartitionData data : topic.partitions()) {
                GhostLog log = topic.topicId().equals(NO_ID)
                        ? ghosts().log(
                                broker, new io.chapar.protocol.TopicPartition(topic.topic(), data.partitionIndex()))
                        : ghosts().log(broker.cluster(), topic.topicId(), data.partitionIndex());
                if (log != null && data.errorCode() == 0 && data.records() instanceof BufferRecords records
                        && !ghosts().isLossy(log)) {
                    check(log, data, records, committed);
                }
            }
        }
    }

    /// Compaction makes batches smaller, and puts nothing into them.
    private static boolean isThere(GhostLog log, RecordBatch batch, SeenBatch there) {
        if (there.crc() == batch.crc()) {
            return true;
        }
        return log.isCompacted() && there.producerId() == batch.producerId() && there.epoch() == batch.producerEpoch()
                && there.isData() != batch.isControl()
                && (batch.isControl() || there.records().containsAll(SeenBatch.of(batch).records()));
    }

    private void check(GhostLog log, FetchResponse.PartitionData data, BufferRecords records, boolean committed) {
        List<FetchResponse.AbortedTransaction> aborted = new ArrayList<>(
                data.abortedTransactions() == null ? List.of() : data.abortedTransactions());
        aborted.sort(Comparator.comparingLong(FetchResponse.AbortedTransaction::firstOffset));
        ArrayDeque<FetchResponse.AbortedTransaction> ahead = new ArrayDeque<>(aborted);
        TreeSet<Long> dropping = new TreeSet<>();
        TreeSet<Long> given = new TreeSet<>();
        for (RecordBatch batch : RecordBatches.of(records.bytes().duplicate())) {
            SeenBatch there = log.batches().get(batch.baseOffset());
            if (there == null && batch.lastOffset() < log.start()) {
                continue;
            }
            if (there == null || !batch.isCrcValid() || !isThere(log, batch, there)) {
                breach(log.name() + ": a fetch gave " + batch + " where there is " + there);
                return;
            }
            if (log.isCompacted()) {
                SeenBatch.of(batch).records().forEach(record -> given.add(record.offset()));
            }
            while (!ahead.isEmpty() && ahead.peek().firstOffset() <= batch.lastOffset()) {
                dropping.add(ahead.poll().producerId());
            }
            if (!committed) {
                continue;
            }
            if (batch.isControl()) {
                if (ControlType.of(batch) == ControlType.ABORT) {
                    dropping.remove(batch.producerId());
                }
                continue;
            }
            GhostLog.Fate fate = log.fate(there);
            boolean dropped = batch.isTransactional() && dropping.contains(batch.producerId());
            // Of one that compaction has emptied, and left for its numbers alone, there is nothing to drop.
            boolean wrong = batch.recordCount() > 0 && dropped != (fate == GhostLog.Fate.ABORTED);
            if (fate == GhostLog.Fate.OPEN || wrong) {
                breach(log.name() + ": a reader of committed data " + (dropped ? "drops " : "sees ") + there
                        + ", which is " + fate + "; aborted list " + aborted);
                return;
            }
        }
        if (!given.isEmpty()) {
            nothingIsMissing(log, given);
        }
    }

    /// Between the first record that a fetch gave and the last, all are there that compaction may not take.
    private void nothingIsMissing(GhostLog log, SortedSet<Long> given) {
        for (SeenBatch batch : log.batches().subMap(given.first(), given.last()).values()) {
            for (SeenBatch.SeenRecord record : batch.records()) {
                if (record.offset() < given.last() && !given.contains(record.offset()) && !log.maySkip(batch, record)) {
                    breach(log.name() + ": record " + record.offset() + " of " + batch
                            + " is gone, and no later one of its key is there");
                }
            }
        }
    }
}
