package io.chapar.broker.group;

import org.jspecify.annotations.Nullable;

import java.util.SequencedMap;
import java.util.SequencedSet;

/// Where a group stands in the classic protocol.
///
/// ```
///            first join                    all joined, or time is up
///   Empty ---------------> PreparingRebalance --------------------> CompletingRebalance
///     ^                       |      ^    ^                               |      |
///     | nobody came           |      |    +------ join, leave, loss ------+      | the leader's
///     +-----------------------+      |                                           | assignment is
///     |                              +---- join, leave, loss ---- Stable <-------+ committed
///     | deleted, expired
///     v
///   Dead
/// ```
///
/// A generation begins with each way out of PreparingRebalance.
sealed interface GroupState {
    String kafkaName();

    /// No members; offsets perhaps. Also the state of a group that only ever stored offsets.
    record Empty() implements GroupState {
        @Override
        public String kafkaName() {
            return "Empty";
        }
    }

    /// Members are asked to join again.
    ///
    /// @param joined the requests that wait, by member
    /// @param deadlineMs who has not joined by then is out
    /// @param round null unless this is the first round of a group that was empty
    record PreparingRebalance(SequencedMap<String, Long> joined, long deadlineMs, @Nullable FirstRound round)
            implements GroupState {
        @Override
        public String kafkaName() {
            return "PreparingRebalance";
        }
    }

    /// Lasts at least the initial delay, and longer while newcomers keep coming, but no longer than the members'
    /// rebalance timeout.
    ///
    /// @param remainingMs by how much it may still be prolonged
    /// @param newcomer somebody came since it was last prolonged
    record FirstRound(long remainingMs, boolean newcomer) {}

    /// The leader shares out the work.
    ///
    /// @param syncs the requests that wait for it, by member
    /// @param missing members that have not asked yet
    /// @param deadlineMs who has not asked by then is out
    record CompletingRebalance(SequencedMap<String, Long> syncs, SequencedSet<String> missing, long deadlineMs)
            implements GroupState {
        @Override
        public String kafkaName() {
            return "CompletingRebalance";
        }
    }

    /// Everybody works.
    ///
    /// @param missing members that have not asked for their part yet
    /// @param deadlineMs who has not asked by then is out
    record Stable(SequencedSet<String> missing, long deadlineMs) implements GroupState {
        @Override
        public String kafkaName() {
            return "Stable";
        }
    }

    /// Gone. Whoever still holds it has to look the group up again.
    record Dead() implements GroupState {
        @Override
        public String kafkaName() {
            return "Dead";
        }
    }
}
