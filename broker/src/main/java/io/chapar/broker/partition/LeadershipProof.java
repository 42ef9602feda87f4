package io.chapar.broker.partition;

import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// What one request wants to be sure of: that this broker still led some partitions of one loop when the request came.
/// What a leader knows that was replaced and has not heard of it is old, and must not be told where somebody would go
/// back because of it. All that one request asks shares one proof. On that loop.
///
/// Without a proof within [#PATIENCE_MS] the answer is no: this broker may be cut off.
public final class LeadershipProof {
    static final long PATIENCE_MS = 1_000;

    private final Loop loop;
    private final List<Waiting> waiting = new ArrayList<>();
    /// Of [Followers#nextProof]; 0 until one was needed.
    private long proof;
    private boolean over;
    private @Nullable Watch watch;
    private Loop.@Nullable Timer timer;

    private record Waiting(Partition partition, Answer answer) {}

    /// Told once, now or in a later turn.
    public interface Answer {
        /// @param still whether this broker led the partition at some time since the request came, and leads it
        void known(boolean still);
    }

    public LeadershipProof(Loop loop) {
        this.loop = loop;
    }

    /// A partition with one replica has nobody else who could lead it.
    public void ask(Partition partition, Answer answer) {
        Leadership leadership = partition.leadership();
        if (leadership == null || over) {
            answer.known(isLed(partition));
            return;
        }
        waiting.add(new Waiting(partition, answer));
        if (proof == 0) {
            proof = leadership.nextProof();
            timer = loop.schedule(PATIENCE_MS, this::end);
            watch = leadership.onProven(proof, this::end);
        }
    }

    private boolean isLed(Partition partition) {
        Leadership leadership = partition.leadership();
        return leadership == null ? partition.refusal() == ErrorCode.NONE : proof > 0 && leadership.isProven(proof);
    }

    private void end() {
        if (over) {
            return;
        }
        over = true;
        if (watch != null) {
            watch.cancel();
        }
        if (timer != null) {
            timer.cancel();
        }
        List<Waiting> all = List.copyOf(waiting);
        waiting.clear();
        Slices.each(loop, all, one -> one.answer().known(isLed(one.partition())), () -> { });
    }
}
