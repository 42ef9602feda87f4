package io.chapar.broker.fetch;

import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.partition.Leadership;
import io.chapar.broker.partition.Partition;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// Which replicas a reader may read from, and who is nearer to it than this broker (KIP-392).
///
/// @param anyReplica it knows that there are others than leaders
/// @param nearer brokers of its rack that clients reach; none where this broker is one itself
public record Nearness(boolean anyReplica, List<Integer> nearer) {
    static final int NONE = -1;

    /// Of leaders alone.
    public static final Nearness LEADER = new Nearness(false, List.of());
    /// Of whoever it asks; nobody is nearer than another.
    public static final Nearness ANY = new Nearness(true, List.of());

    public Nearness {
        nearer = List.copyOf(nearer);
    }

    /// @param rack where the reader stands; empty where it does not say
    /// @param here this broker
    public static Nearness of(String rack, ClusterImage image, int here) {
        if (rack.isEmpty() || isIn(rack, image.brokers().get(here))) {
            return ANY;
        }
        return new Nearness(true, image.brokers().values().stream()
                .filter(broker -> isIn(rack, broker) && broker.isActive()
                        && broker.registration().clients() != null)
                .map(BrokerImage::id).toList());
    }

    private static boolean isIn(String rack, @Nullable BrokerImage broker) {
        return broker != null && rack.equals(broker.registration().rack());
    }

    /// The follower that the reader is to read from, where this broker leads: it is in sync, and has what the reader
    /// asks for; of several the one that has most. [#NONE] where there is none.
    int nearer(Partition partition, long from) {
        Leadership leadership = nearer.isEmpty() ? null : partition.leadership();
        if (leadership == null || partition.refusal() != ErrorCode.NONE || from < partition.logStartOffset()) {
            return NONE;
        }
        int best = NONE;
        long most = from - 1;
        for (int node : nearer) {
            long end = leadership.isInSync(node) ? leadership.endOf(node) : -1;
            if (end > most) {
                most = end;
                best = node;
            }
        }
        return best;
    }
}
