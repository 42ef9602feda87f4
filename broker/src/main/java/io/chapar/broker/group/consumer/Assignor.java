package io.chapar.broker.group.consumer;

import java.util.List;

/// How the partitions that the members of a group subscribe to are shared out among them.
enum Assignor {
    /// As even as can be over all topics together; a partition stays where it is unless that would be uneven.
    UNIFORM("uniform") {
        @Override
        void assign(Sharing sharing) {
            if (sharing.isHomogeneous()) {
                UniformShares.amongEquals(sharing);
            } else {
                UniformShares.amongOthers(sharing);
            }
        }
    },
    /// Neighbouring partitions of each topic, so that topics of one size that are subscribed to by the same members are
    /// shared out alike. Static members come first, by their instance.
    RANGE("range") {
        @Override
        void assign(Sharing sharing) {
            for (Sharing.SharedTopic topic : sharing.topics()) {
                List<Sharing.Sharer> among = topic.sharers();
                int each = topic.partitions() / among.size();
                int more = topic.partitions() % among.size();
                int from = 0;
                for (int i = 0; i < among.size() && from < topic.partitions(); i++) {
                    int to = from + each + (i < more ? 1 : 0);
                    among.get(i).giveRange(topic, from, to);
                    from = to;
                }
            }
        }
    };

    private final String kafkaName;

    Assignor(String kafkaName) {
        this.kafkaName = kafkaName;
    }

    String kafkaName() {
        return kafkaName;
    }

    /// Gives every partition to one of those who subscribe to its topic.
    abstract void assign(Sharing sharing);
}
