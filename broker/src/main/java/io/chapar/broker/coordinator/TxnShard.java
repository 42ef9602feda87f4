package io.chapar.broker.coordinator;

import io.chapar.broker.metrics.TxnMeters;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.ProducerIds;
import io.chapar.txn.TxnLimits;
import io.chapar.txn.TxnReply;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/// The transaction coordinators of one loop, and what they share: producer ids and the sender of markers.
final class TxnShard {
    private static final int REFETCH_MS = 100;
    /// Producers without a transactional id that wait for a block of ids; one more is refused.
    private static final int MAX_WAITING = 10_000;

    private final Loop loop;
    private final CoordinatorLogs logs;
    private final ProducerIdBlocks blocks;
    private final TxnLimits limits;
    private final MarkerSender sender;
    private final ProducerIds ids = new ProducerIds();
    private final Map<Integer, TxnCoordinatorHost> hosts = new LinkedHashMap<>();
    private final TxnMeters meters = new TxnMeters();
    private final TxnOrigins origins = new TxnOrigins();
    private final ProducerIdQuota quota;
    private final Deque<WaitingForId> waiting = new ArrayDeque<>();

    TxnShard(
            CoordinatorShard shard,
            ProducerIdBlocks blocks,
            MarkerTransport transport,
            TxnLimits limits,
            int producerIdsPerHour) {
        this.loop = shard.loop();
        this.logs = shard.logs();
        this.blocks = blocks;
        this.limits = limits;
        this.quota = new ProducerIdQuota(producerIdsPerHour);
        this.sender = new MarkerSender(loop, transport, meters);
    }

    Loop loop() {
        return loop;
    }

    TxnMeters meters() {
        return meters;
    }

    TxnOrigins origins() {
        return origins;
    }

    /// The coordinator of this partition of `__transaction_state`, which begins to load if it has not yet; null when
    /// the partition does not live here. One that lost its log is replaced as soon as there is another log.
    TxnCoordinatorHost host(int partition) {
        TxnCoordinatorHost host = hosts.get(partition);
        if (host == null || host.isLost()) {
            CoordinatorLog log = logs.open(new TopicPartition(CoordinatorKeys.TRANSACTION_STATE, partition));
            if (log == null || (host != null && host.reads(log))) {
                return host;
            }
            host = new TxnCoordinatorHost(loop, log, ids, limits, sender, meters, this::fetchProducerIds);
            hosts.put(partition, host);
            TxnCoordinatorHost begun = host;
            log.onReplaced(() -> {
                begun.lose();
                hosts.remove(partition, begun);
                host(partition);
            });
            host.load();
        }
        return host;
    }

    Iterable<TxnCoordinatorHost> hosts() {
        return hosts.values();
    }

    // ---- producer ids

    void newProducerId(String host, long deadlineMs, Consumer<TxnReply> answer) {
        if (!quota.take(host, loop.nowMs())) {
            answer.accept(new TxnReply.Refused(ErrorCode.POLICY_VIOLATION, host + " was given " + quota.perHour()
                    + " producer ids within an hour, which is all it may (producer.ids.per.client.hour)"));
            return;
        }
        long id = ids.take();
        if (id >= 0) {
            answer.accept(new TxnReply.Granted(id, (short) 0));
        } else if (waiting.size() >= MAX_WAITING) {
            answer.accept(new TxnReply.Refused(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS));
        } else {
            waiting.addLast(new WaitingForId(deadlineMs, answer));
        }
        if (ids.startFetch()) {
            fetchProducerIds();
        }
    }

    private void fetchProducerIds() {
        blocks.next(loop, block -> {
            if (block == null) {
                refuseLate();
                loop.schedule(REFETCH_MS, this::fetchProducerIds);
                return;
            }
            ids.add(block.first(), block.count());
            while (!waiting.isEmpty() && !ids.isEmpty()) {
                waiting.removeFirst().answer().accept(new TxnReply.Granted(ids.take(), (short) 0));
            }
            hosts.values().forEach(TxnCoordinatorHost::producerIdsArrived);
            if (ids.startFetch()) {
                fetchProducerIds();
            }
        });
    }

    private void refuseLate() {
        long nowMs = loop.nowMs();
        waiting.removeIf(one -> {
            boolean late = one.deadlineMs() <= nowMs;
            if (late) {
                one.answer().accept(new TxnReply.Refused(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS));
            }
            return late;
        });
    }

    private record WaitingForId(long deadlineMs, Consumer<TxnReply> answer) {}
}
