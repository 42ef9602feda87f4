package io.chapar.broker.partition;

import io.chapar.broker.metadata.PartitionImage;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

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
        role = next;
        if (replica.isOnline()) {
            replica.log().producers().highWatermarkAdvanced(next.highWatermark());
        }
    }

    private void lead(long from) {
        Leading leading = new Leading(partition, replica, leaders, from);
        begin(leading);
        List.copyOf(listeners).forEach(LeadershipListener::elected);
        leading.begin(epoch);
    }

    /// As [Partition#become].
    void become(PartitionImage image) {
        if (image.leaderEpoch() <= epoch || role instanceof Role.Closed) {
            return;
        }
        epoch = image.leaderEpoch();
        boolean leads = image.leader() == node;
        switch (role) {
            case Leading leading when leads -> leading.begin(epoch);
            case Leading leading -> {
                begin(new Role.Waiting(leading.highWatermark()));
                List.copyOf(listeners).forEach(LeadershipListener::resigned);
                leading.end();
            }
            case Role.Waiting waiting when leads -> lead(waiting.highWatermark());
            case Role.Waiting _, Role.Closed _ -> { }
        }
    }

    /// @param why what whoever comes too late is told
    void end(ErrorCode why) {
        Role before = role;
        if (before instanceof Role.Closed) {
            return;
        }
        role = new Role.Closed(why, before.highWatermark());
        replica.end();
        if (before instanceof Leading leading) {
            leading.end();
        }
    }

    // ---- what it is

    boolean isClosed() {
        return role instanceof Role.Closed;
    }

    /// Null while this broker does not lead.
    @Nullable Leading leading() {
        return role instanceof Leading leading ? leading : null;
    }

    /// This broker's leadership while it can do something; else null.
    @Nullable Leading able() {
        return replica.isOnline() ? leading() : null;
    }

    /// As [Partition#refusal].
    ErrorCode refusal() {
        return switch (role) {
            case Role.Closed closed -> closed.why();
            case Role.Waiting _ -> ErrorCode.NOT_LEADER_OR_FOLLOWER;
            case Leading _ -> replica.isOnline() ? ErrorCode.NONE : ErrorCode.KAFKA_STORAGE_ERROR;
        };
    }

    /// As [Partition#refusalReason].
    @Nullable String refusalReason() {
        return switch (role) {
            case Role.Closed _ -> null;
            case Role.Waiting _ -> replica.id() + " is not led by broker " + node + " in epoch " + epoch;
            case Leading _ -> replica.offlineReason();
        };
    }

    // ---- what the replica tells

    @Override
    public long highWatermark() {
        return role.highWatermark();
    }

    @Override
    public void synced() {
        if (role instanceof Leading leading) {
            leading.synced();
        }
    }

    @Override
    public void wentOffline() {
        if (role instanceof Leading leading) {
            leading.wentOffline();
        }
    }

    @Override
    public void cameBack() {
        // Readers have seen it, and it is still where it was.
        long committed = Math.clamp(
                role.highWatermark(), replica.log().savedHighWatermark(), replica.log().logEnd());
        if (role instanceof Leading before) {
            lead(committed);
            before.end();
        } else {
            begin(new Role.Waiting(committed));
        }
    }
}
