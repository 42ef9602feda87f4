package io.chapar.broker.hanging;

import io.chapar.broker.coordinator.TxnCoordinators.Owner;
import io.chapar.broker.partition.OpenTxn;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.TxnState;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/// Judges which open transactions of one loop's partitions nobody will ever end. A step function: [#observe] what is
/// open, ask the coordinators about the suspects, [#judge] by their answer.
///
/// A transaction hangs when its partition has it open and no coordinator is going to send a marker: its coordinator has
/// it ended already, or no coordinator knows its producer id. One that is Ongoing at the coordinator at the very epoch,
/// or whose markers are on their way, never hangs, however old it is.
///
/// Age is counted by the broker's clock from the first observation, for timestamps in batches are the client's. After a
/// restart it begins anew.
public final class HangingTxnCore {
    private final long graceMs;
    private final long maxTimeoutMs;
    private Map<Key, Long> firstSeenMs = new LinkedHashMap<>();

    private record Key(TopicPartition partition, long producerId, long firstOffset) {
        static Key of(OpenTxn txn) {
            return new Key(txn.partition(), txn.producerId(), txn.firstOffset());
        }
    }

    /// A transaction to be ended, and why.
    public record Verdict(OpenTxn txn, long ageMs, String reason) {}

    /// @param graceMs how long a transaction may be open before the coordinators are asked
    /// @param maxTimeoutMs the longest timeout that a producer may have asked for
    public HangingTxnCore(long graceMs, long maxTimeoutMs) {
        this.graceMs = graceMs;
        this.maxTimeoutMs = maxTimeoutMs;
    }

    /// All that is open now; gives those that the coordinators are to be asked about.
    public List<OpenTxn> observe(long nowMs, List<OpenTxn> open) {
        Map<Key, Long> seen = new LinkedHashMap<>();
        List<OpenTxn> suspects = new ArrayList<>();
        for (OpenTxn txn : open) {
            Key key = Key.of(txn);
            // A clock that jumped back must not make the wait longer than it is.
            long since = Math.min(nowMs, firstSeenMs.getOrDefault(key, nowMs));
            seen.put(key, since);
            if (nowMs - since >= graceMs) {
                suspects.add(txn);
            }
        }
        firstSeenMs = seen;
        return suspects;
    }

    /// @param suspects from [#observe], as they were before the coordinators were asked
    /// @param owners by producer id, from coordinators that all answered
    public List<Verdict> judge(long nowMs, List<OpenTxn> suspects, Map<Long, Owner> owners) {
        List<Verdict> verdicts = new ArrayList<>();
        for (OpenTxn txn : suspects) {
            Long since = firstSeenMs.get(Key.of(txn));
            if (since == null) {
                continue;
            }
            long ageMs = nowMs - since;
            String reason = whyHanging(txn, ageMs, owners.get(txn.producerId()));
            if (reason != null) {
                verdicts.add(new Verdict(txn, ageMs, reason));
            }
        }
        return verdicts;
    }

    /// Null when it does not hang, or not for certain.
    private @Nullable String whyHanging(OpenTxn txn, long ageMs, @Nullable Owner owner) {
        if (owner == null) {
            return ageMs >= maxTimeoutMs + graceMs ? "no coordinator knows its producer id" : null;
        }
        String ended = switch (owner.state()) {
            case TxnState.Preparing _ -> null;
            case TxnState.Ongoing ongoing -> ongoing.producerEpoch() <= txn.producerEpoch() ? null : "in a later one";
            case TxnState.Empty _ -> "without a transaction";
            case TxnState.Completed completed -> "done with it (" + completed.outcome() + ")";
        };
        return ended == null ? null : "its coordinator has ended it: transactional id '" + owner.transactionalId()
                + "' is " + ended + ", producer id " + owner.state().producerId() + ", epoch "
                + owner.state().producerEpoch();
    }

    /// Since when the oldest open transaction of each partition is known, in milliseconds since the epoch.
    public SequencedMap<TopicPartition, Long> oldestByPartition() {
        SequencedMap<TopicPartition, Long> oldest = new TreeMap<>();
        firstSeenMs.forEach((key, since) -> oldest.merge(key.partition(), since, Math::min));
        return oldest;
    }
}
