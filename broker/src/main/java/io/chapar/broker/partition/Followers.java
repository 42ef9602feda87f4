package io.chapar.broker.partition;

import io.chapar.protocol.TopicPartition;

import java.util.Collection;
import java.util.List;

/// How the partitions of one loop are replicated: who follows those that are led here, and whom those follow that are
/// not. What followers acknowledge comes back through [Leadership], or [Partition#acknowledged], on that loop and never
/// within a call of this port.
public interface Followers {
    /// Nobody follows.
    Followers NONE = new Followers() {
        @Override
        public Collection<Integer> inSync(TopicPartition partition) {
            return List.of();
        }

        @Override
        public void appended(Partition partition) {
            // Nobody waits for it.
        }
    };

    /// How long a follower may lag before it is asked out of the in-sync set.
    default long lagMs() {
        return 10_000;
    }

    /// Whether others may lead by now what this broker has led, and it does not get to know: for so long has it not
    /// heard from whoever decides. What is then written at this broker alone may be gone at any time.
    default boolean isCutOff() {
        return false;
    }

    /// The number of a proof that a leadership of this broker is the latest, which begins no earlier than now.
    default long nextProof() {
        return 0;
    }

    /// Whether it was proven that this broker led the partition, in the leadership that it has, when the proof began.
    default boolean isProven(Partition partition, long proof) {
        return true;
    }

    /// Wakes once the proof is there, as far as one comes about: where this broker is cut off from whoever decides,
    /// none does. One-shot; never inside this call.
    default Watch onProven(long proof, Runnable wake) {
        throw new IllegalStateException("nothing is to be proven where nobody follows");
    }

    /// The node ids that the high watermark waits for, from the beginning of a leadership on, of a partition that has
    /// one replica as far as the cluster knows.
    Collection<Integer> inSync(TopicPartition partition);

    /// The leader's log has grown, or a leadership has begun: there may be something to send.
    void appended(Partition partition);

    /// More of a partition with several replicas is committed: those who follow have to know, however it came to be.
    default void rose(Partition partition) {}

    /// A leadership of a partition with several replicas has begun, perhaps right behind another of this broker; or
    /// the cluster takes others for in sync than before.
    default void leads(Partition partition) {}

    /// The replica follows that leader, [Partition#following]; perhaps after another.
    default void follows(Partition partition, int leader) {}

    /// More of what it follows is on stable storage.
    default void synced(Partition partition) {}

    /// It neither leads nor follows any more, or its disk does not give it at present. Also for one that did not.
    default void rests(Partition partition) {}
}
