package io.chapar.broker.replica;

import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.MetadataCommand.ChangeIsr;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.NotCommitted;
import io.chapar.broker.partition.Watch;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.Slices;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Finds out whether what this broker believes to lead is still led by it, for all partitions of one loop: it has the
/// cluster decide about a change that changes nothing. Once that is decided the image here shows all that had been
/// decided when the question was put, so a partition that this broker leads in it was led by it at that time.
///
/// A proof has a number. It holds for what was known before it was asked for: a question that is under way at that
/// time is no answer, and the next one is waited for. One question is under way at a time; while somebody waits, one
/// that came to nothing is put again after [#PAUSE_MS].
///
/// The image of a broker whose node another process has by now may show partitions that it believes to lead as led by
/// that node, in the epochs of the other: nothing is proven here from then on, and nobody is woken, who would ask
/// again.
final class LeadershipProofs {
    static final long DEADLINE_MS = 2_000;
    static final long PAUSE_MS = 200;
    /// As [Slices] counts it: most who are woken read a few partitions.
    private static final int WAKE_COST = 5;

    private final int node;
    private final long life;
    private final Loop loop;
    private final MetadataLog metadata;
    private final Map<Object, Waiting> waiting = new LinkedHashMap<>();
    private long begun;
    private long proven;
    private boolean underWay;
    private boolean pauses;

    private record Waiting(long proof, Runnable wake) {}

    /// @param life of this broker
    LeadershipProofs(int node, long life, Loop loop, MetadataLog metadata) {
        this.node = node;
        this.life = life;
        this.loop = loop;
        this.metadata = metadata;
    }

    /// The number of a proof that begins no earlier than now.
    long next() {
        return begun + 1;
    }

    /// Never again once another life of this node has registered: what it leads, this broker does not.
    boolean isThere(long proof) {
        return proven >= proof && !isReplaced();
    }

    private boolean isReplaced() {
        BrokerImage registered = metadata.image().brokers().get(node);
        return registered != null && registered.epoch() != life;
    }

    /// Wakes once when the proof is there. One-shot; never inside this call.
    Watch watch(long proof, Runnable wake) {
        if (isThere(proof)) {
            loop.execute(wake);
            return () -> { };
        }
        Object key = new Object();
        waiting.put(key, new Waiting(proof, wake));
        ask();
        return () -> waiting.remove(key);
    }

    private void ask() {
        if (underWay || pauses || isReplaced() || waiting.values().stream().allMatch(one -> isThere(one.proof()))) {
            return;
        }
        underWay = true;
        long number = ++begun;
        metadata.propose(new ChangeIsr(node, life, List.of()), loop.nowMs() + DEADLINE_MS, loop, proposed -> {
            underWay = false;
            switch (proposed) {
                case Committed<?> _ -> {
                    proven = number;
                    wake();
                    ask();
                }
                case NotCommitted<?> _ -> pause();
            }
        });
    }

    private void pause() {
        pauses = true;
        loop.schedule(PAUSE_MS, () -> {
            pauses = false;
            ask();
        });
    }

    private void wake() {
        List<Object> due = waiting.entrySet().stream()
                .filter(entry -> isThere(entry.getValue().proof())).map(Map.Entry::getKey).toList();
        Slices.each(loop, due, _ -> WAKE_COST, key -> {
            Waiting one = waiting.remove(key);
            if (one != null) {
                one.wake().run();
            }
        }, () -> { });
    }
}
