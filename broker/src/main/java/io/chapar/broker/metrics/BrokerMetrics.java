package io.chapar.broker.metrics;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.budget.LogBudget;
import io.chapar.broker.logging.ProcessLog;
import io.chapar.broker.runtime.ProcessClock;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiKey;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntSupplier;

/// Everything that is measured, under its name. `docs/operations.md` says what each means. To collect it blocks.
public final class BrokerMetrics implements MultiCollector {
    /// Partitions with an open transaction that are shown by name: the oldest ones.
    private static final int MAX_PARTITIONS_NAMED = 1_000;
    private static final double MS_PER_SECOND = 1_000;
    private static final double NS_PER_SECOND = 1e9;

    private final Observatory observatory;
    private final IntSupplier connections;
    private final Labels broker;
    private final int most;

    /// @param most topics, and as many partitions, groups, and partitions of groups, that are shown by name
    public BrokerMetrics(
            Observatory observatory, IntSupplier connections, int nodeId, String clusterId, int most) {
        this.observatory = observatory;
        this.connections = connections;
        this.broker = Labels.of("node_id", Integer.toString(nodeId), "cluster_id", clusterId);
        this.most = most;
    }

    @Override
    public MetricSnapshots collect() {
        Observed seen = observatory.now();
        Totals totals = seen.totals();
        Snapshots out = new Snapshots();
        LeftOut leftOut = new LeftOut();
        out.gauges("chapar_broker_info", "This broker; always 1.", Map.of(broker, 1.0));
        traffic(totals.traffic(), out);
        loops(totals, out);
        partitions(seen, out);
        TopicMetrics.add(totals, most, leftOut, out);
        GroupMetrics.add(seen, most, leftOut, out);
        ClusterMetrics.add(seen, out);
        transactions(totals, out);
        budgets(totals, out);
        leftOut.add(out);
        ProcessMetrics.add(out);
        return out.done();
    }

    private static void loops(Totals totals, Snapshots out) {
        Map<Labels, Distribution> delays = new LinkedHashMap<>();
        totals.loopDelays().forEach((loop, delay) -> delays.put(Labels.of("loop", loop), delay));
        out.histograms("chapar_loop_delay_seconds", "How late a timer of the loop was, five times a second.", null,
                delays);
    }

    private void traffic(TrafficMeters traffic, Snapshots out) {
        Map<Labels, Double> requests = Snapshots.values();
        Map<Labels, Distribution> durations = new LinkedHashMap<>();
        Map<Labels, Double> stages = Snapshots.values();
        traffic.apis().forEach((key, api) -> {
            requests.put(Labels.of("api", name(key), "error", "NONE"), (double) api.done);
            api.answers.forEach((code, count) -> requests.put(
                    Labels.of("api", name(key), "error", ErrorCode.of(code).name()), (double) count));
            durations.put(Labels.of("api", name(key)), api.duration);
            stages.put(stage(key, "waiting"), api.waitedNs / NS_PER_SECOND);
            stages.put(stage(key, "working"), api.duration.sumSeconds());
            stages.put(stage(key, "sending"), api.sendingNs / NS_PER_SECOND);
        });
        out.counters("chapar_requests", "Requests answered, by the first error in the answer.", requests);
        out.histograms("chapar_request_seconds", "From the beginning of a request to its answer.", "client_id",
                durations);
        out.counters("chapar_request_stage_seconds",
                "Time that requests waited for their turn, were worked on, and were sent to their clients.", stages);
        out.gauge("chapar_requests_waiting", "Requests that have come and wait for their turn.", traffic.waiting());
        out.counter("chapar_received_bytes", "Bytes of requests.", traffic.receivedBytes());
        out.counter("chapar_log_lines_left_out", "Lines of the log that were too many of their kind.",
                LogBudget.leftOut());
        out.counter("chapar_log_lines_not_in_file", "Lines that the file of the log did not take.",
                ProcessLog.notInFile());
        out.counter("chapar_sent_bytes", "Bytes of answers.", traffic.sentBytes());
        out.gauge("chapar_connections", "Connections open.", connections.getAsInt());
        out.counter("chapar_connections_closed_for_fault",
                "Connections closed for what came over them: malformed, not served, or too large.", traffic.faults());
        out.counter("chapar_requests_waited_for_memory",
                "Times that a large request was not read any further until others had been answered.",
                traffic.waitsForRoom());
        out.counter("chapar_requests_refused_for_memory",
                "Connections closed because that took too long.", traffic.vainWaitsForRoom());
        out.counter("chapar_requests_cut_for_pace",
                "Connections closed because a large request did not get on while others waited for its memory.",
                traffic.cutsForPace());
    }

    private static Labels stage(ApiKey key, String stage) {
        return Labels.of("api", name(key), "stage", stage);
    }

    /// `Produce`, not `PRODUCE`.
    static String name(ApiKey key) {
        StringBuilder name = new StringBuilder();
        for (String word : key.name().split("_", -1)) {
            name.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
        }
        return name.toString();
    }

    private static void partitions(Observed seen, Snapshots out) {
        Totals totals = seen.totals();
        out.gauge("chapar_partitions", "Partitions opened.", totals.partitions());
        out.gauge("chapar_partitions_offline", "Partitions that an I/O error took out of service.", totals.offline());
        out.gauge("chapar_metadata_failing", "1 while the metadata log cannot be written.", totals.metadataFailing());
        out.gauge("chapar_disk_free_bytes", "Room that the data folder's disk has left.", totals.freeBytes());
        out.gauge("chapar_disk_size_bytes", "Size of the data folder's disk.", totals.diskBytes());
        out.gauges("chapar_disk_full_seconds",
                "Time until the disk is full if it goes on as in the last 24 hours; nothing while it does not fill.",
                Double.isInfinite(seen.diskSecondsLeft()) ? Map.of() : Map.of(Labels.EMPTY, seen.diskSecondsLeft()));
        out.gauge("chapar_disk_refusing", "1 while records are refused because the disk is full.",
                totals.isRefusing() ? 1 : 0);
        out.gauge("chapar_partitions_unreadable",
                "Partitions that refused records to a reader in the last ten minutes, since the disk did not give"
                        + " them.",
                totals.unreadable().size());
        out.gauge("chapar_partitions_uncompacted", "Partitions whose compaction failed and has not succeeded since.",
                totals.uncompacted());
        out.gauge("chapar_log_size_bytes", "Bytes of all logs.", totals.logBytes());
        out.gauge("chapar_log_unsynced_offsets",
                "Offsets that are written and not known to be on stable storage.", totals.unsyncedOffsets());
    }

    private static void transactions(Totals totals, Snapshots out) {
        Map<Labels, Double> ids = Snapshots.values();
        totals.idsByState().forEach((state, count) -> ids.put(Labels.of("state", state), (double) count));
        out.gauges("chapar_transactional_ids", "Transactional ids by the state of their transaction.", ids);
        out.gauge("chapar_transactions_open", "Transactions that are Ongoing.",
                totals.idsByState().getOrDefault("Ongoing", 0L));
        out.gauge("chapar_partition_transactions_open", "Open transactions, counted at each partition they write to.",
                totals.openAtPartitions());
        Map<Labels, Double> ages = Snapshots.values();
        long nowMs = ProcessClock.nowMs();
        totals.oldestOpenMs().entrySet().stream()
                .sorted(Map.Entry.comparingByValue())
                .limit(MAX_PARTITIONS_NAMED)
                .forEach(oldest -> ages.put(Snapshots.labels(oldest.getKey()),
                        Math.max(0, nowMs - oldest.getValue()) / MS_PER_SECOND));
        out.gauges("chapar_oldest_open_transaction_age_seconds",
                "Age of the oldest open transaction of each partition that has one.", ages);
        TxnMeters txn = totals.transactions();
        out.counter("chapar_transactions_committed", "Transactions decided to be committed.", txn.commits());
        Map<Labels, Double> aborts = Snapshots.values();
        for (TxnMeters.AbortReason reason : TxnMeters.AbortReason.values()) {
            aborts.put(Labels.of("reason", reason.name().toLowerCase(Locale.ROOT)),
                    (double) txn.aborts().getOrDefault(reason, 0L));
        }
        out.counters("chapar_transactions_aborted", "Transactions decided to be aborted.", aborts);
        out.counter("chapar_producers_fenced", "Producers that were shut out by another of their transactional id.",
                txn.fences());
        out.gauge("chapar_markers_outstanding", "Markers sent to partitions and not written yet.",
                txn.markersOutstanding());
        out.counter("chapar_markers_answered", "Markers that a partition answered.", txn.markersWritten());
        out.histograms("chapar_transaction_end_to_visible_seconds",
                "From the decision of a transaction to its last marker.", "transactional_id",
                Map.of(Labels.EMPTY, txn.endToVisible()));
        out.counter("chapar_hanging_transactions_ended", "Hanging transactions that this broker found and aborted.",
                totals.hangingEnded());
    }

    private static void budgets(Totals totals, Snapshots out) {
        Map<Labels, Double> used = Snapshots.values();
        Map<Labels, Double> most = Snapshots.values();
        Map<Labels, Double> refused = Snapshots.values();
        for (Budget budget : totals.budgets()) {
            Labels labels = Labels.of("setting", budget.setting());
            used.put(labels, (double) budget.used());
            most.put(labels, (double) budget.limit());
            refused.put(labels, (double) budget.refused());
        }
        out.gauges("chapar_budget_used", "What clients left in memory, in the unit of the setting.", used);
        out.gauges("chapar_budget_limit", "The bound that the setting means.", most);
        out.counters("chapar_budget_refusals", "Requests refused since the bound was reached.", refused);
    }
}
