package io.chapar.simulator;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.WriteTxnMarkersRequest;
import io.chapar.protocol.message.WriteTxnMarkersRequest.WritableTxnMarker;

import java.util.random.RandomGenerator;

/// A coordinator's markers are on their way for longer than the coordinator lives, and arrive behind those that its
/// successor has sent of the same decisions. One such at a time.
final class LateMarkers {
    private static final int ONE_OF = 3;
    /// From this version on a log that has no such transaction open takes no marker of it.
    private static final int FIRST_UNNEEDED_VERSION = 2;
    private static final long LOOK_EVERY_US = 2_000;
    private static final long MOST_HELD_US = 6_000_000;
    private static final long MOST_BEHIND_US = 20_000;

    private final World world;
    private final Swarm swarm;
    private final FaultCount faults;
    private final Witness witness;
    private final Failovers failovers;
    private final RandomGenerator random;
    private boolean holding;

    LateMarkers(World world, Swarm swarm, FaultCount faults, Witness witness, Failovers failovers) {
        this.world = world;
        this.swarm = swarm;
        this.faults = faults;
        this.witness = witness;
        this.failovers = failovers;
        random = world.random("late markers");
    }

    /// @param visit how they arrive, once somebody else's have
    /// @return whether they do not arrive now
    boolean holds(SimulatedBroker from, int to, WriteTxnMarkersRequest markers, Runnable visit) {
        boolean may = swarm.killsBrokers() && failovers.strikes() && !failovers.rests() && !holding
                && from.nodeId() != to && markers.markers().stream().allMatch(LateMarkers::isWrittenAnyHow);
        if (!may || random.nextInt(ONE_OF) == 0) {
            return false;
        }
        holding = true;
        failovers.rest(MOST_HELD_US);
        world.in(0, () -> failovers.end(from));
        await(from.cluster(), markers, visit, world.nowUs() + MOST_HELD_US);
        return true;
    }

    /// Where the transaction is open no more, such a marker is taken for one that comes again, and written.
    private static boolean isWrittenAnyHow(WritableTxnMarker marker) {
        return marker.transactionVersion() < FIRST_UNNEEDED_VERSION
                || marker.topics().stream().anyMatch(topic -> topic.name().equals(CoordinatorKeys.CONSUMER_OFFSETS));
    }

    private void await(SimulatedCluster cluster, WriteTxnMarkersRequest markers, Runnable visit, long lastUs) {
        world.in(LOOK_EVERY_US, () -> {
            boolean isLate = isWrittenByAnother(cluster, markers);
            if (!isLate && world.nowUs() < lastUs && failovers.strikes()) {
                await(cluster, markers, visit, lastUs);
                return;
            }
            holding = false;
            failovers.rest(MOST_BEHIND_US);
            if (isLate) {
                faults.count("markers of a coordinator came behind those of the next");
                world.in(random.nextLong(MOST_BEHIND_US), visit);
            }
        });
    }

    /// Whether somebody else has ended all of these transactions, or later ones, wherever these markers are to go: a
    /// server can tell then, whatever their version.
    private boolean isWrittenByAnother(SimulatedCluster cluster, WriteTxnMarkersRequest markers) {
        return markers.markers().stream().allMatch(marker -> marker.topics().stream()
                .allMatch(topic -> topic.partitionIndexes().stream()
                        .allMatch(number -> witness.isMarked(cluster, new TopicPartition(topic.name(), number),
                                marker.producerId(), marker.coordinatorEpoch()))));
    }
}
