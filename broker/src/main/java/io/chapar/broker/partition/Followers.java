package io.chapar.broker.partition;

import io.chapar.protocol.TopicPartition;

import java.util.Collection;
import java.util.List;

/// The replicas that follow the partitions which one loop leads. What they acknowledge comes back through
/// [Partition#acknowledged], on that loop and never within a call of this port.
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

    /// The node ids that the high watermark waits for, from the beginning of a leadership on.
    Collection<Integer> inSync(TopicPartition partition);

    /// The leader's log has grown, or a leadership has begun: there may be something to send.
    void appended(Partition partition);
}
