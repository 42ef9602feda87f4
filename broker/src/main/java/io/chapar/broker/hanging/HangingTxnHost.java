package io.chapar.broker.hanging;

import io.chapar.broker.budget.LogBudget;
import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.coordinator.TxnCoordinators;
import io.chapar.broker.hanging.HangingTxnCore.Verdict;
import io.chapar.broker.partition.OpenTxn;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/// Looks from time to time at the transactions that are open on one loop's partitions, and ends those that hang. On
/// that loop alone.
///
/// Before a transaction is ended its coordinator was asked, after it was seen open; and it is ended only if nothing was
/// written to it since it was seen. So whatever the coordinator begins in between is not touched: its first write here
/// comes later, or is found and spares the transaction.
public final class HangingTxnHost {
    private static final Logger LOG = LoggerFactory.getLogger(HangingTxnHost.class);
    private static final LogBudget LINES = new LogBudget(20);

    private final Loop loop;
    private final Supplier<Iterable<Partition>> opened;
    private final Function<TopicPartition, Partition> partitions;
    private final TxnCoordinators coordinators;
    private final HangingTxnCore core;
    private final long everyMs;
    private long ended;

    /// @param opened all partitions of the loop that are open
    /// @param partitions one of them; null when it is gone
    public HangingTxnHost(
            Loop loop,
            Supplier<Iterable<Partition>> opened,
            Function<TopicPartition, Partition> partitions,
            TxnCoordinators coordinators,
            HangingTxnCore core,
            long everyMs) {
        this.loop = loop;
        this.opened = opened;
        this.partitions = partitions;
        this.coordinators = coordinators;
        this.core = core;
        this.everyMs = everyMs;
    }

    public Loop loop() {
        return loop;
    }

    public void start() {
        loop.schedule(everyMs, this::look);
    }

    /// Transactions ended here since the start.
    public long ended() {
        return ended;
    }

    public HangingTxnCore core() {
        return core;
    }

    private void look() {
        List<OpenTxn> open = new ArrayList<>();
        for (Partition partition : opened.get()) {
            open.addAll(partition.openTxns());
        }
        List<OpenTxn> suspects = core.observe(loop.nowMs(), open);
        if (suspects.isEmpty()) {
            start();
            return;
        }
        Set<Long> producerIds = new LinkedHashSet<>();
        suspects.forEach(txn -> producerIds.add(txn.producerId()));
        coordinators.ownersOf(producerIds, Caller.ofBroker(loop, loop.nowMs()), owners -> {
            if (owners != null) {
                core.judge(loop.nowMs(), suspects, owners).forEach(this::end);
            }
            start();
        });
    }

    private void end(Verdict verdict) {
        OpenTxn txn = verdict.txn();
        Partition partition = partitions.apply(txn.partition());
        if (partition == null || !partition.abortUnchanged(txn, loop.wallClockMs())) {
            return;
        }
        ended++;
        String end = LINES.line(loop.nowMs());
        if (end != null) {
            LOG.warn("Aborted a hanging transaction at {}: producer id {}, epoch {}, offsets {} to {}, seen open for"
                            + " {} s; {}{}", txn.partition(), txn.producerId(), txn.producerEpoch(),
                    txn.firstOffset(), txn.lastOffset(), verdict.ageMs() / 1000, verdict.reason(), end);
        }
    }
}
