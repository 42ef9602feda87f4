package io.chapar.broker.coordinator;

import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.ErrorCode;
import io.chapar.txn.ProducerIds;
import io.chapar.txn.TxnReply;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/// The producer ids that one loop has to give away: to its transaction coordinators, and to producers without a
/// transactional id. On that loop alone.
final class ProducerIdPool {
    private static final int REFETCH_MS = 100;
    /// Producers without a transactional id that wait for a block of ids; one more is refused.
    private static final int MAX_WAITING = 10_000;

    private final Loop loop;
    private final ProducerIdBlocks blocks;
    private final ProducerIds ids = new ProducerIds();
    private final ProducerIdQuota quota;
    private final RefusalLog refusals = new RefusalLog();
    private final Deque<WaitingForId> waiting = new ArrayDeque<>();
    private Runnable arrival = () -> { };

    ProducerIdPool(Loop loop, ProducerIdBlocks blocks, int perHour) {
        this.loop = loop;
        this.blocks = blocks;
        this.quota = new ProducerIdQuota(perHour);
    }

    ProducerIds ids() {
        return ids;
    }

    /// Runs whenever there are more.
    void onArrival(Runnable then) {
        arrival = then;
    }

    /// For a producer without a transactional id.
    void take(String host, long deadlineMs, Consumer<TxnReply> answer) {
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
            fetch();
        }
    }

    /// Fetches the next block, until there is one.
    void fetch() {
        blocks.next(loop, block -> {
            if (block == null) {
                refuseLate();
                loop.schedule(REFETCH_MS, this::fetch);
                return;
            }
            ids.add(block.first(), block.count());
            while (!waiting.isEmpty() && !ids.isEmpty()) {
                waiting.removeFirst().answer().accept(new TxnReply.Granted(ids.take(), (short) 0));
            }
            arrival.run();
            if (ids.startFetch()) {
                fetch();
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
