package io.chapar.broker.coordinator;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.metrics.TxnMeters;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import io.chapar.txn.ProducerIds;
import io.chapar.txn.TxnLimits;
import io.chapar.txn.TxnReply;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/// The transaction coordinators of one loop, and what they share: producer ids and the sender of markers.
final class TxnShard {
    private static final int REFETCH_MS = 100;
    /// Producers without a transactional id that wait for a block of ids; one more is refused.
    private static final int MAX_WAITING = 10_000;

    private final Loop loop;
    private final ProducerIdBlocks blocks;
    private final ProducerIds ids = new ProducerIds();
    private final CoordinatorHosts<TxnCoordinatorHost> hosts;
    private final TxnMeters meters = new TxnMeters();
    private final TxnOrigins origins = new TxnOrigins();
    private final ProducerIdQuota quota;
    private final RefusalLog refusals = new RefusalLog();
    private final Deque<WaitingForId> waiting = new ArrayDeque<>();

    TxnShard(
            CoordinatorShard shard,
            ProducerIdBlocks blocks,
            MarkerTransport transport,
            TxnLimits limits,
            Budget memory,
            int producerIdsPerHour) {
        this.loop = shard.loop();
        this.blocks = blocks;
        this.quota = new ProducerIdQuota(producerIdsPerHour);
        MarkerSender sender = new MarkerSender(loop, transport, meters);
        this.hosts = new CoordinatorHosts<>(CoordinatorKeys.TRANSACTION_STATE, shard.logs(), log ->
                new TxnCoordinatorHost(loop, log, ids, limits, sender, meters, memory.share(), this::fetchProducerIds));
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

    CoordinatorHosts<TxnCoordinatorHost> hosts() {
        return hosts;
    }

    // ---- producer ids

    void newProducerId(String host, long deadlineMs, Consumer<TxnReply> answer) {
        if (!quota.take(host, loop.nowMs())) {
            String reason = host + " was given " + quota.perHour()
                    + " producer ids within an hour, which is all it may (producer.ids.per.client.hour)";
            refusals.noProducerId(reason, loop.nowMs());
            answer.accept(new TxnReply.Refused(ErrorCode.POLICY_VIOLATION, reason));
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
            hosts.all().forEach(TxnCoordinatorHost::producerIdsArrived);
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
