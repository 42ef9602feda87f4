package io.chapar.broker.share;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.shard.Shard;
import io.chapar.broker.shard.Shards;
import io.chapar.broker.share.state.ShareKey;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import static java.util.Objects.requireNonNull;

/// What share groups have in memory on this broker, by loop: partitions where they are led, sessions where their
/// connections are. Never changes while the broker runs; from any thread.
public final class ShareHosts {
    private final Shards shards;
    private final Map<Shard, ShareHost> byShard = new LinkedHashMap<>();
    private final Map<Loop, ShareSessions> sessions = new LinkedHashMap<>();

    public ShareHosts(Shards shards, Function<Shard, ShareHost> host, Function<Shard, ShareSessions> session) {
        this.shards = shards;
        for (Shard shard : shards.all()) {
            byShard.put(shard, host.apply(shard));
            sessions.put(shard.loop(), session.apply(shard));
        }
    }

    ShareHost of(TopicPartition id) {
        return requireNonNull(byShard.get(shards.of(id)), "each loop has its host");
    }

    /// Of the connections of this loop.
    ShareSessions sessions(Loop loop) {
        return requireNonNull(sessions.get(loop), "each loop has its sessions");
    }

    /// What is held under this name goes back. From any loop.
    void leave(String groupId, String holder, List<ShareSession.Part> parts, ClusterImage image) {
        List<ShareKey> gone = new ArrayList<>();
        for (ShareSession.Part part : parts) {
            ShareKey key = new ShareKey(groupId, part.topicId(), part.partition());
            TopicImage topic = image.topic(part.topicId());
            if (topic != null && topic.hasPartition(part.partition())) {
                ShareHost host = of(new TopicPartition(topic.name(), part.partition()));
                host.loop().run(() -> host.leave(key, holder));
            } else {
                gone.add(key);
            }
        }
        if (!gone.isEmpty()) {
            // Nobody knows their names any more, and so which loop had them.
            byShard.values().forEach(host -> host.loop().run(() -> gone.forEach(key -> host.leave(key, holder))));
        }
    }
}
