package io.chapar.broker.producer;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/// The transactions about to begin in one partition: for each producer and epoch the guard that is out while the
/// coordinator is asked. See [VerificationGuard]. In memory alone, at the leader.
///
/// Each epoch has a guard of its own. A transaction's end may leave no trace in the partition but the loss of its
/// guard, so that a guard must never serve two transactions.
final class Verifications {
    /// Nobody waits for a coordinator as long as this; who comes later asks once more.
    static final long KEPT_MS = 120_000;
    /// Epochs of one producer. Whoever invents more throws out its own.
    private static final int MAX_EPOCHS = 8;

    /// Producers at one time; of more the first are forgotten, and have to abort.
    static final int MAX_PRODUCERS = 100_000;

    private final SequencedMap<Long, List<Verification>> byProducer = new LinkedHashMap<>();

    static final class Verification {
        private final VerificationGuard guard = new VerificationGuard();
        private final short epoch;
        private final boolean addsPartition;
        private int lowestSequence;
        private long askedMs;

        private Verification(short epoch, int sequence, boolean addsPartition) {
            this.epoch = epoch;
            this.lowestSequence = sequence;
            this.addsPartition = addsPartition;
        }

        boolean addsPartition() {
            return addsPartition;
        }

        /// The lowest that a batch in wait for this verification began with: none above it may be first.
        int lowestSequence() {
            return lowestSequence;
        }

        boolean isGuardedBy(VerificationGuard given) {
            return guard.equals(given);
        }
    }

    /// The guard for all batches of this epoch until one is appended.
    VerificationGuard ask(long producerId, short epoch, int baseSequence, boolean addsPartition, long nowMs) {
        List<Verification> epochs = byProducer.computeIfAbsent(producerId, _ -> new ArrayList<>(1));
        if (byProducer.size() > MAX_PRODUCERS) {
            byProducer.pollFirstEntry();
        }
        Verification v = find(producerId, epoch);
        if (v == null || v.addsPartition != addsPartition) {
            epochs.remove(v);
            if (epochs.size() == MAX_EPOCHS) {
                epochs.removeFirst();
            }
            v = new Verification(epoch, baseSequence, addsPartition);
            epochs.add(v);
        }
        v.lowestSequence = Math.min(v.lowestSequence, baseSequence);
        v.askedMs = nowMs;
        return v.guard;
    }

    int size() {
        return byProducer.size();
    }

    /// Null when none is under way.
    @Nullable Verification find(long producerId, short epoch) {
        List<Verification> epochs = byProducer.isEmpty() ? null : byProducer.get(producerId);
        if (epochs != null) {
            for (Verification v : epochs) {
                if (v.epoch == epoch) {
                    return v;
                }
            }
        }
        return null;
    }

    /// Guards of this epoch, and of those below, have served or never will.
    void dropUpTo(long producerId, int epoch) {
        List<Verification> epochs = byProducer.isEmpty() ? null : byProducer.get(producerId);
        if (epochs != null) {
            epochs.removeIf(v -> v.epoch <= epoch);
            if (epochs.isEmpty()) {
                byProducer.remove(producerId);
            }
        }
    }

    void forget() {
        byProducer.clear();
    }

    /// Forgets guards that nobody came back for.
    void expire(long nowMs) {
        byProducer.values().removeIf(epochs -> {
            epochs.removeIf(v -> nowMs - v.askedMs >= KEPT_MS);
            return epochs.isEmpty();
        });
    }
}
