package io.chapar.broker.metrics;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.log.Reserve;
import io.chapar.broker.partition.Leadership;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.PartitionTraffic;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.TxnState;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

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
    /// Partition -> why.
    private final SortedMap<TopicPartition, String> unreadable = new TreeMap<>();
    private long uncompacted;
    private long logBytes;
    private long unsyncedOffsets;
    private long openAtPartitions;
    private long hangingEnded;
    private long metadataFailing;
    private List<Budget> budgets = List.of();
    private final List<PartitionFigures> figures = new ArrayList<>();
    private final List<GroupFigures> groups = new ArrayList<>();
    /// Follower -> records that it misses of what this broker leads, over all partitions.
    private final Map<Integer, Long> behind = new TreeMap<>();
    private SortedSet<Integer> slow = Collections.emptySortedSet();
    private final Map<TopicPartition, Ends> elsewhere = new LinkedHashMap<>();
    /// Loop, as it is called -> how late its timers were.
    private final Map<String, Distribution> loopDelays = new LinkedHashMap<>();
    private long strangers;
    private long shrinks;
    private long expansions;
    private long groupsLoading;
    private long belowMinInSync;
    private long diskBytes;

    /// How far readers may read.
    ///
    /// @param stable for those who read committed
    public record Ends(long highWatermark, long stable) {}

    public void add(TrafficMeters meters) {
        traffic.add(meters);
    }

    public void add(TxnMeters meters) {
        transactions.add(meters);
    }

    /// Of the disk that all loops share.
    public void disk(Reserve reserve) {
        freeBytes = reserve.freeBytes();
        diskBytes = reserve.diskBytes();
        refusing = reserve.isRefusing();
    }

    public void add(Partition partition) {
        partitions++;
        offline += partition.offlineReason() == null ? 0 : 1;
        String why = partition.unreadable();
        if (why != null) {
            unreadable.put(partition.id(), why);
        }
        uncompacted += partition.compactionFault() == null ? 0 : 1;
        logBytes += partition.sizeInBytes();
        unsyncedOffsets += partition.unsyncedOffsets();
        openAtPartitions += partition.openTxns().size();
        PartitionTraffic traffic = partition.traffic();
        shrinks += traffic.shrinks();
        expansions += traffic.expansions();
        Leadership leadership = partition.leadership();
        if (leadership != null) {
            belowMinInSync += leadership.isEnough() ? 0 : 1;
            leadership.behind().forEach((node, records) -> behind.merge(node, records, Long::sum));
        }
        figures.add(PartitionFigures.of(partition));
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

    public void add(GroupFigures group) {
        groups.add(group);
    }

    /// The groups of one more coordinator are not known here yet.
    public void groupsLoading() {
        groupsLoading++;
    }

    /// Partitions that groups read and whose end nobody here knows: others lead them.
    public Set<TopicPartition> readElsewhere() {
        Set<TopicPartition> read = new TreeSet<>();
        groups.forEach(group -> read.addAll(group.committed().keySet()));
        figures.stream().filter(PartitionFigures::isLed).forEach(one -> read.remove(one.id()));
        return read;
    }

    /// Of a partition that another broker leads.
    public void ends(TopicPartition id, Ends ends) {
        elsewhere.put(id, ends);
    }

    /// How late the timers of one more loop were, on which partitions and clients live.
    public void loopDelay(Distribution delay) {
        loopDelay(Integer.toString(loopDelays.size()), delay);
    }

    /// The same of the loop on which voters speak with each other.
    public void votersLoopDelay(Distribution delay) {
        loopDelay("voters", delay);
    }

    private void loopDelay(String name, Distribution delay) {
        Distribution copy = new Distribution();
        copy.add(delay);
        loopDelays.put(name, copy);
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

    List<PartitionFigures> figures() {
        return figures;
    }

    List<GroupFigures> groups() {
        return groups;
    }

    Map<Integer, Long> behind() {
        return behind;
    }

    Map<TopicPartition, Ends> elsewhere() {
        return elsewhere;
    }

    Map<String, Distribution> loopDelays() {
        return loopDelays;
    }

    long belowMinInSync() {
        return belowMinInSync;
    }

    /// Connections at the port for other brokers that ended without a proof of who it was, since the start.
    public void strangers(long ended) {
        strangers = ended;
    }

    long strangers() {
        return strangers;
    }

    /// Followers that hold up what this broker leads.
    public void slow(SortedSet<Integer> followers) {
        slow = followers;
    }

    SortedSet<Integer> slow() {
        return slow;
    }

    long shrinks() {
        return shrinks;
    }

    long expansions() {
        return expansions;
    }

    long loadingCoordinators() {
        return groupsLoading;
    }

    long diskBytes() {
        return diskBytes;
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

    SortedMap<TopicPartition, String> unreadable() {
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
