package io.chapar.simulator;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataRecord.PartitionsChanged;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;

/// Whoever comes to lead was in sync or eligible, or a move ends by which it came in sync in the same entry. Otherwise
/// it says that something may be lost: and then it led last, since nobody allows more here.
final class CleanElections {
    private static final String PROMISE = "Leaders are elected cleanly";

    private final World world;

    CleanElections(World world) {
        this.world = world;
    }

    /// @param before what it was decided on
    void look(ClusterImage before, PartitionsChanged changed) {
        TopicImage topic = before.topic(changed.topicId());
        changed.after().forEach((number, is) -> {
            if (topic != null && topic.hasPartition(number)) {
                look(topic.name() + "-" + number, topic.partition(number), is);
            }
        });
    }

    private void look(String name, PartitionImage was, PartitionImage is) {
        int leader = is.leader();
        boolean another = leader != PartitionImage.NO_LEADER && leader != was.leader();
        boolean clean = was.isr().contains(leader) || was.elr().contains(leader);
        boolean last = is.recovering() && leader == was.lastLeader();
        boolean moved = was.reassignment() != null && is.reassignment() == null
                && was.reassignment().to().contains(leader) && is.isr().contains(leader);
        if (another && !clean && !last && !moved) {
            world.broken(PROMISE, name + " was " + was + " and is " + is);
        }
    }
}
