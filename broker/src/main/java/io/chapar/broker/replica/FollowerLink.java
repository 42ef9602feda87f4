package io.chapar.broker.replica;

import io.chapar.broker.log.IndexBeingBuilt;
import io.chapar.broker.partition.Leadership;
import io.chapar.broker.replica.FollowStreams.Back;
import io.chapar.broker.replica.FollowStreams.Follower;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/// The stream of one follower's loop to one loop of the leader, at the leader: performs what its [FollowersCore] wants.
/// On the leader's loop.
final class FollowerLink {
    private final ReplicaHost host;
    private final Follower who;
    private final Back back;
    private final int index;
    private final FollowersCore core;
    private List<FollowMessage.ToFollower> outbox = new ArrayList<>();
    /// Something was read, and there may be more.
    private boolean sending;

    /// @param index of this loop
    FollowerLink(ReplicaHost host, Follower who, Back back, int index) {
        this.host = host;
        this.who = who;
        this.back = back;
        this.index = index;
        this.core = new FollowersCore(new FollowersCore.Led() {
            @Override
            public @Nullable LedLog of(UUID topicId, int partition) {
                return forReplica(host.of(topicId, partition));
            }

            @Override
            public @Nullable LedLog of(TopicPartition id) {
                return forReplica(host.of(id));
            }
        }, id -> {
            Leadership leadership = host.leadership(id);
            return leadership != null && leadership.isInSync(who.node());
        }, new FollowersCore.Pace() {
            @Override
            public int room(TopicPartition id, int most) {
                return host.pace().room(who.node(), id, most);
            }

            @Override
            public void sent(TopicPartition id, int bytes) {
                host.pace().sent(who.node(), id, bytes);
            }
        });
    }

    /// Whoever is no replica, as far as this leader knows, may not follow; it asks again while the cluster makes it
    /// one.
    private @Nullable LedLog forReplica(@Nullable LedLog log) {
        Leadership leadership = log == null ? null : host.leadership(log.id());
        return leadership != null && leadership.isReplica(who.node()) ? log : null;
    }

    Follower who() {
        return who;
    }

    Set<TopicPartition> followed() {
        return core.followed();
    }

    void received(List<FollowMessage.ToLeader> frame) {
        frame.forEach(message -> core.received(message, this::perform));
    }

    void changed(TopicPartition id) {
        core.changed(id);
    }

    /// Whether there may be more to send.
    boolean turnEnded() {
        sending = false;
        core.turnEnded(this::perform);
        if (!outbox.isEmpty()) {
            List<FollowMessage.ToFollower> frame = outbox;
            outbox = new ArrayList<>();
            back.send(index, frame);
        }
        return sending || core.isLooking();
    }

    void end(String why) {
        back.end(why);
    }

    private void perform(FollowersEffect effect) {
        switch (effect) {
            case FollowersEffect.Send(FollowMessage.ToFollower message) -> outbox.add(message);
            case FollowersEffect.Acknowledged(TopicPartition id, long end, long synced) ->
                host.acknowledged(who, id, end, synced);
            case FollowersEffect.Read read -> read(read);
            case FollowersEffect.Paced _ -> host.planPaced();
        }
    }

    private void read(FollowersEffect.Read asked) {
        Leadership leadership = host.leadership(asked.partition());
        if (leadership == null) {
            core.notRead(asked.slot(), ErrorCode.NOT_LEADER_OR_FOLLOWER, this::perform);
            return;
        }
        sending = true;
        try {
            Leadership.Batches batches = leadership.read(asked.from(), asked.maxBytes());
            core.read(asked.slot(), asked.from(), batches.next(), batches.bytes(), this::perform);
        } catch (IndexBeingBuilt e) {
            leadership.onIndexed(() -> {
                read(asked);
                host.planTurn();
            });
        } catch (IOException e) {
            core.notRead(asked.slot(), ErrorCode.KAFKA_STORAGE_ERROR, this::perform);
        }
    }
}
