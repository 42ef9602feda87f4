package io.chapar.simulator;

import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.Partition;
import org.jspecify.annotations.Nullable;

import static java.util.Objects.requireNonNullElse;

/// Where, of partitions with several replicas, these are not all in sync, or not the same. When all is healed they
/// become so.
final class UnlikeReplicas {
    private final Ghosts ghosts;

    UnlikeReplicas(Ghosts ghosts) {
        this.ghosts = ghosts;
    }

    /// Null when there are none.
    @Nullable String any() {
        for (GhostLog log : ghosts.all()) {
            TopicImage topic = log.cluster().image().topic(log.topicId());
            PartitionImage image = topic == null || !ghosts.swarm().replicated()
                    ? null : topic.partition(log.id().partition());
            if (image == null || image.replicas().size() == 1) {
                continue;
            }
            Partition led = log.cluster().partition(image.leader(), log.id());
            if (led == null || image.isr().size() < image.replicas().size()) {
                return log.name() + " is " + image;
            }
            for (int node : image.replicas()) {
                String unlike = unlike(log, led, node);
                if (unlike != null) {
                    return unlike;
                }
            }
        }
        return null;
    }

    private @Nullable String unlike(GhostLog log, Partition led, int node) {
        Partition replica = log.cluster().partition(node, log.id());
        if (replica == null) {
            return log.name() + " is not at broker " + node;
        }
        // Its loop may have had nothing to do since it became a replica.
        log.cluster().brokers().stream().filter(broker -> broker.nodeId() == node)
                .forEach(broker -> ghosts.observe(broker, replica));
        SeenReplica seen = log.at(node);
        boolean same = replica.logEndOffset() == led.logEndOffset() && replica.highWatermark() == led.logEndOffset()
                && (ghosts.isLossy(log) || (seen != null && seen.verified() >= log.end()));
        return same ? null : log.name() + " ends at " + replica.logEndOffset() + " at broker " + node
                + ", is committed up to " + replica.highWatermark() + ", was seen up to "
                + (seen == null ? 0 : seen.verified()) + ", and at its leader it ends at " + led.logEndOffset()
                + ", committed up to " + led.highWatermark();
    }

    String inWords() {
        return requireNonNullElse(any(), "all replicas are the same");
    }
}
