package io.chapar.broker.handler;

import io.chapar.broker.handler.Directory.Listed;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.share.SharePart;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// Who leads what a member asked the wrong broker for (KIP-951).
final class ShareLeaders {
    private final LocalBroker node;
    private final Directory directory;
    private final List<Integer> named = new ArrayList<>();

    ShareLeaders(LocalBroker node, RequestContext context) {
        this.node = node;
        this.directory = Directory.of(node, context);
    }

    /// Null where it need not be told, or is not known.
    @Nullable PartitionImage leader(SharePart part) {
        if (part.fetchError() != ErrorCode.NOT_LEADER_OR_FOLLOWER
                && part.acknowledgeError() != ErrorCode.NOT_LEADER_OR_FOLLOWER) {
            return null;
        }
        TopicImage topic = node.image().topic(part.topicId());
        PartitionImage known = node.partition(topic, part.partition());
        if (known != null) {
            named.add(known.leader());
        }
        return known;
    }

    List<Listed> brokers() {
        return directory.named(named.stream().mapToInt(Integer::intValue));
    }

    @Nullable String rack(Listed broker) {
        return directory.rack(broker.id());
    }
}
