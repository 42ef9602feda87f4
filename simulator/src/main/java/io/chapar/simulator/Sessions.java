package io.chapar.simulator;

import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.UnfenceBroker;

import java.util.random.RandomGenerator;

/// Who is fenced, and comes back: brokers that are dead, stand still or are not heard, sooner or later, and now and
/// then one that is well, which costs nothing but elections. A broker that finds itself fenced asks to be let in again.
final class Sessions {
    private static final long LOOK_EVERY_US = 300_000;
    private static final int NOTICED_IN_ONE_OF = 4;
    private static final int WRONGLY_IN_ONE_OF = 40;

    private final World world;
    private final SimulatedCluster cluster;
    private final SimulatedMetadataLog metadata;
    private final FaultCount faults;
    private final boolean fencesWrongly;
    private final RandomGenerator random;

    Sessions(World world, Swarm swarm, SimulatedCluster cluster, SimulatedMetadataLog metadata, FaultCount faults) {
        this.world = world;
        this.cluster = cluster;
        this.metadata = metadata;
        this.faults = faults;
        fencesWrongly = swarm.killsBrokers();
        random = world.random("sessions");
    }

    void begin() {
        world.in(1 + random.nextLong(LOOK_EVERY_US), () -> {
            cluster.brokers().forEach(this::look);
            begin();
        });
    }

    private void look(SimulatedBroker broker) {
        ClusterMetadata controller = metadata.controller();
        BrokerImage known = metadata.decided().brokers().get(broker.nodeId());
        if (known == null || controller == null) {
            return;
        }
        boolean silent = !broker.isAlive() || broker.isPaused()
                || metadata.peers().isCut(broker.nodeId(), controller.node());
        boolean gone = silent ? random.nextInt(NOTICED_IN_ONE_OF) == 0
                : fencesWrongly && !metadata.isHealed() && random.nextInt(WRONGLY_IN_ONE_OF) == 0;
        if (known.isActive() && gone) {
            faults.count(silent ? "broker fenced" : "broker fenced that was well");
            controller.ask(new FenceBroker(broker.nodeId(), known.epoch()));
        } else if (!silent && broker.isListening()) {
            askToBeLetIn(broker);
        }
    }

    private static void askToBeLetIn(SimulatedBroker broker) {
        ClusterImage image = broker.image();
        BrokerImage self = image.brokers().get(broker.nodeId());
        if (self != null && !self.isActive()) {
            broker.propose(new UnfenceBroker(broker.nodeId(), self.epoch()));
        }
    }
}
