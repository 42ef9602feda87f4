package io.chapar.broker.partition;

import io.chapar.broker.metadata.PartitionImage;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

import static java.util.Objects.requireNonNull;

/// Which [Role] a replica has, and how that changes: with the image of the cluster, with its disk, and at its end.
/// Whoever keeps state by a leadership is told.
final class Roles implements Replica.Events {
    private final Partition partition;
    private final int node;
    private final Leaders leaders;
    private final Replica replica;
    private final List<LeadershipListener> listeners = new ArrayList<>();
    /// None before the first image.
    private int epoch = -1;
    private int partitionEpoch = -1;
    private @Nullable PartitionImage latest;
    /// The latest image that came while the log is being cut.
    private @Nullable PartitionImage held;
    private Role role = new Role.Waiting(0);

    Roles(Partition partition, PartitionSetup setup) {
        this.partition = partition;
        this.node = setup.node();
        this.leaders = setup.leaders();
        this.replica = new Replica(setup, this);
    }

    Replica replica() {
        return replica;
    }

    int epoch() {
        return epoch;
    }

    void add(LeadershipListener listener) {
        listeners.add(listener);
    }

    /// The log has just been opened for the first time.
    void opened() {
        begin(new Role.Waiting(replica.log().savedHighWatermark()));
    }

    private void begin(Role next) {
        endFollowing(next);
        role = next;
        if (replica.isOnline()) {
            replica.log().producers().highWatermarkAdvanced(next.highWatermark());
        }
    }

    private void endFollowing(Role next) {
        if (role instanceof Following before && !before.equals(next)) {
            before.end();
        }
    }

    private void lead(PartitionImage image, long from) {
        leaders.followers().rests(partition);
        Leading leading = new Leading(partition, node, replica, leaders, from);
        begin(leading);
        List.copyOf(listeners).forEach(LeadershipListener::elected);
        leading.begin(image);
    }

    /// Another leads, or nobody does.
    private void followOrWait(PartitionImage image, long from) {
        if (image.leader() == PartitionImage.NO_LEADER) {
            leaders.followers().rests(partition);
            begin(new Role.Waiting(from));
        } else {
            begin(new Following(replica, image.leader(), epoch, from));
            follow();
        }
    }

    private void follow() {
        if (role instanceof Following following && replica.isOnline()) {
            replica.log().endLeadership();
            leaders.followers().follows(partition, following.leader());
        }
    }

    /// As [Partition#become].
    void become(PartitionImage image) {
        boolean same = image.leaderEpoch() == epoch;
        if (image.leaderEpoch() < epoch || (same && image.partitionEpoch() <= partitionEpoch)
                || role instanceof Role.Closed) {
            return;
        }
        if (replica.isBeingCut()) {
            held = image;
            return;
        }
        epoch = image.leaderEpoch();
        partitionEpoch = image.partitionEpoch();
        latest = image;
        boolean leads = image.leader() == node;
        switch (role) {
            case Leading leading when same -> leading.become(image);
            case Leading leading when leads -> leading.begin(image);
            case Leading leading -> {
                followOrWait(image, leading.highWatermark());
                List.copyOf(listeners).forEach(LeadershipListener::resigned);
                leading.end();
            }
            case Following _, Role.Waiting _ when same -> { }
            case Following _, Role.Waiting _ when leads -> lead(image, role.highWatermark());
            case Following _, Role.Waiting _ -> followOrWait(image, role.highWatermark());
            case Role.Closed _ -> { }
        }
    }

    private void takeHeld() {
        PartitionImage image = held;
        held = null;
        if (image != null) {
            become(image);
        }
    }

    /// As [#end], and not only as the end of the process would.
    void delete(ErrorCode why) {
        if (!isClosed()) {
            end(why, true);
        }
    }

    /// @param why what whoever comes too late is told
    void end(ErrorCode why) {
        if (!isClosed()) {
            end(why, false);
        }
    }

    private void end(ErrorCode why, boolean deleted) {
        Role before = role;
        role = new Role.Closed(why, before.highWatermark());
        if (before instanceof Following following) {
            following.end();
        }
        replica.end();
        leaders.followers().rests(partition);
        if (deleted) {
            List.copyOf(listeners).forEach(LeadershipListener::deleted);
        }
        if (before instanceof Leading leading) {
            leading.end();
        }
    }

    private PartitionImage image() {
        return requireNonNull(latest, "a role comes with an image");
    }

    // ---- what it is

    boolean isClosed() {
        return role instanceof Role.Closed;
    }

    /// Null while this broker does not lead.
    @Nullable Leading leading() {
        return role instanceof Leading leading ? leading : null;
    }

    /// Null while no other broker leads that is known here, or the disk does not give the log.
    @Nullable Following following() {
        return replica.isOnline() && role instanceof Following following ? following : null;
    }

    /// This broker's leadership while it can do something; else null.
    @Nullable Leading able() {
        return replica.isOnline() ? leading() : null;
    }

    /// As [Partition#refusal].
    ErrorCode refusal() {
        return switch (role) {
            case Role.Closed closed -> closed.why();
            case Following _, Role.Waiting _ -> ErrorCode.NOT_LEADER_OR_FOLLOWER;
            case Leading _ -> replica.isOnline() ? ErrorCode.NONE : ErrorCode.KAFKA_STORAGE_ERROR;
        };
    }

    /// As [Partition#refusalReason].
    @Nullable String refusalReason() {
        return switch (role) {
            case Role.Closed _ -> null;
            case Following _, Role.Waiting _ -> replica.id() + " is not led by broker " + node + " in epoch " + epoch;
            case Leading _ -> replica.offlineReason();
        };
    }

    // ---- what the replica tells

    @Override
    public long highWatermark() {
        return role.highWatermark();
    }

    @Override
    public long retainable() {
        return switch (role) {
            case Leading leading -> leading.highWatermark();
            case Following following -> following.retainable();
            case Role.Waiting _, Role.Closed _ -> 0;
        };
    }

    @Override
    public void startMoved() {
        if (role instanceof Leading && replica.isOnline()) {
            leaders.followers().rose(partition);
        }
    }

    @Override
    public void synced() {
        if (role instanceof Leading leading) {
            leading.synced();
        } else if (role instanceof Following) {
            leaders.followers().synced(partition);
        }
    }

    @Override
    public void wentOffline() {
        leaders.followers().rests(partition);
        if (role instanceof Leading leading) {
            leading.wentOffline();
        } else if (role instanceof Following following) {
            following.end();
        }
    }

    @Override
    public void wasCut() {
        if (role instanceof Following following) {
            following.wasCut();
        }
        begin(role);
        takeHeld();
    }

    @Override
    public void cameBack() {
        // Readers have seen it, and it is still where it was.
        long committed = Math.clamp(
                role.highWatermark(), replica.log().savedHighWatermark(), replica.log().logEnd());
        if (role instanceof Leading before) {
            lead(image(), committed);
            before.end();
        } else {
            begin(role instanceof Following following
                    ? new Following(replica, following.leader(), epoch, committed) : new Role.Waiting(committed));
            follow();
        }
        takeHeld();
    }
}
