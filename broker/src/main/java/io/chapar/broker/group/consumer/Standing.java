package io.chapar.broker.group.consumer;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.UUID;

/// How far a member has come towards its target.
///
/// ```
///                  target has less                     it owns them no more
///   STABLE ------------------------> UNREVOKED -----------------------------+
///     ^  |                                                                  |
///     |  | target has more, some still with others                         |
///     |  +-------------------------> UNRELEASED <--------------------------+
///     |                                  | the others gave them up          |
///     +----------------------------------+----------------------------------+
/// ```
///
/// A partition is assigned to one member at a time: from when the log says so until the log says that it is given up,
/// whatever was said to the member.
///
/// @param epoch 0 before it has come to an epoch; -2 while a static member is away
/// @param previousEpoch of which it may still speak when the answer with the next one was lost
/// @param assigned that it may work on
/// @param revoking that it has to give up, and still has
public record Standing(
        int epoch, int previousEpoch, Phase phase, HeldPartitions assigned, HeldPartitions revoking) {
    /// That a static member leaves with which comes back.
    public static final int AWAY = -2;
    public static final int LEAVE = -1;
    public static final int JOIN = 0;

    static final Standing NEW = new Standing(0, 0, Phase.STABLE, HeldPartitions.NONE, HeldPartitions.NONE);

    /// By the numbers that the log has them under.
    public enum Phase {
        STABLE(0), UNREVOKED(1), UNRELEASED(2);

        private final byte code;

        Phase(int code) {
            this.code = (byte) code;
        }

        public byte code() {
            return code;
        }

        /// One of a later version is gone through anew.
        public static Phase of(byte code) {
            for (Phase phase : values()) {
                if (phase.code == code) {
                    return phase;
                }
            }
            return UNRELEASED;
        }
    }

    /// What a member says it owns of one topic.
    public record Owned(UUID topic, List<Integer> partitions) {}

    public boolean isAway() {
        return epoch == AWAY;
    }

    /// Whether it has all that it is to have.
    public boolean isAt(int targetEpoch) {
        return phase == Phase.STABLE && epoch == targetEpoch;
    }

    /// A member that speaks of the epoch before did not get the last answer. It can then own no more than what it
    /// keeps.
    ///
    /// @param owned null when it does not say
    public boolean admits(int saidEpoch, @Nullable List<Owned> owned) {
        if (saidEpoch == epoch) {
            return true;
        }
        return saidEpoch < epoch && saidEpoch == previousEpoch && owned != null && isSubset(owned);
    }

    private boolean isSubset(List<Owned> owned) {
        for (Owned topic : owned) {
            for (int partition : topic.partitions()) {
                if (!assigned.has(topic.topic(), partition)) {
                    return false;
                }
            }
        }
        return true;
    }

    boolean ownsOfRevoking(List<Owned> owned) {
        for (Owned topic : owned) {
            for (int partition : topic.partitions()) {
                if (revoking.has(topic.topic(), partition)) {
                    return true;
                }
            }
        }
        return false;
    }

    /// Whether who speaks of this epoch has had the partition then, and still has it.
    public boolean heldIn(int saidEpoch, UUID topic, int partition) {
        return assigned.sinceEpoch(topic, partition) <= saidEpoch || revoking.sinceEpoch(topic, partition) <= saidEpoch;
    }

    /// All that nobody else may have.
    public HeldPartitions all() {
        return new HeldPartitions.Builder().addAll(assigned).addAll(revoking).build();
    }

    /// A static member goes for a while: it keeps what it had, and has given up what it was to.
    public Standing away() {
        return new Standing(AWAY, previousEpoch, Phase.STABLE, assigned, HeldPartitions.NONE);
    }

    /// A static member is back under another name, and has what it had.
    public Standing back() {
        return new Standing(JOIN, JOIN, Phase.STABLE, assigned, HeldPartitions.NONE);
    }
}
