package io.chapar.broker.metrics;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.log.Reserve;
import io.chapar.broker.partition.Partition;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.TxnState;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What one look at the whole broker found: goes from loop to loop, and each adds what it owns.
public final class Totals {
    private final TrafficMeters traffic = new TrafficMeters();
    private final TxnMeters transactions = new TxnMeters();
    private final Map<String, Long> idsByState = new TreeMap<>();
    private final Map<TopicPartition, Long> oldestOpenMs = new TreeMap<>();
    private long freeBytes;
    private boolean refusing;
    private long partitions;
    private long offline;
    private long unreadable;
    private long uncompacted;
    private long logBytes;
    private long unsyncedOffsets;
    private long openAtPartitions;
    private long hangingEnded;
    private long metadataFailing;
    private List<Budget> budgets = List.of();

    public void add(TrafficMeters meters) {
        traffic.add(meters);
    }

    public void add(TxnMeters meters) {
        transactions.add(meters);
    }

    /// Of the disk that all loops share.
    public void disk(Reserve reserve) {
        freeBytes = reserve.freeBytes();
        refusing = reserve.isRefusing();
    }

    public void add(Partition partition) {
        partitions++;
        offline += partition.offlineReason() == null ? 0 : 1;
        unreadable += partition.hasUnreadableRecords() ? 1 : 0;
        uncompacted += partition.compactionFault() == null ? 0 : 1;
        logBytes += partition.sizeInBytes();
        unsyncedOffsets += partition.unsyncedOffsets();
        openAtPartitions += partition.openTxns().size();
    }

    /// One transactional id as its coordinator knows it.
    public void add(String stateName, TxnState state) {
        idsByState.merge(stateName, 1L, Long::sum);
        switch (state) {
            case TxnState.Ongoing open -> open.partitions().forEach(id -> openSince(id, open.startedMs()));
            case TxnState.Preparing open -> open.partitions().forEach(id -> openSince(id, open.startedMs()));
            case null, default -> { }
        }
    }

    public void openSince(TopicPartition id, long sinceMs) {
        oldestOpenMs.merge(id, sinceMs, Math::min);
    }

    /// The metadata log cannot be written at present.
    public void metadataFails() {
        metadataFailing = 1;
    }

    public void budgets(List<Budget> all) {
        budgets = all;
    }

    public void hangingEnded(long count) {
        hangingEnded += count;
    }

    TrafficMeters traffic() {
        return traffic;
    }

    TxnMeters transactions() {
        return transactions;
    }

    Map<String, Long> idsByState() {
        return idsByState;
    }

    Map<TopicPartition, Long> oldestOpenMs() {
        return oldestOpenMs;
    }

    long freeBytes() {
        return freeBytes;
    }

    boolean isRefusing() {
        return refusing;
    }

    List<Budget> budgets() {
        return budgets;
    }

    long partitions() {
        return partitions;
    }

    long offline() {
        return offline;
    }

    long unreadable() {
        return unreadable;
    }

    long uncompacted() {
        return uncompacted;
    }

    long logBytes() {
        return logBytes;
    }

    long unsyncedOffsets() {
        return unsyncedOffsets;
    }

    long openAtPartitions() {
        return openAtPartitions;
    }

    long metadataFailing() {
        return metadataFailing;
    }

    long hangingEnded() {
        return hangingEnded;
    }
}
