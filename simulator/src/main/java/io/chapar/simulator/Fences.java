package io.chapar.simulator;

import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;

import java.util.random.RandomGenerator;

/// Now and then a broker is fenced that is well, which costs nothing but elections: by its next report it is let in
/// again.
final class Fences {
    private static final long LOOK_EVERY_US = 300_000;
    private static final int ONE_OF = 40;

    private final World world;
    private final SimulatedCluster cluster;
    private final SimulatedMetadataLog metadata;
    private final FaultCount faults;
    private final RandomGenerator random;

    Fences(World world, SimulatedCluster cluster, SimulatedMetadataLog metadata, FaultCount faults) {
        this.world = world;
        this.cluster = cluster;
        this.metadata = metadata;
        this.faults = faults;
        random = world.random("fences");
    }

    void begin() {
        world.in(1 + random.nextLong(LOOK_EVERY_US), () -> {
            for (SimulatedBroker broker : cluster.brokers()) {
                if (!metadata.isHealed() && random.nextInt(ONE_OF) == 0) {
                    fence(broker);
                }
            }
            begin();
        });
    }

    private void fence(SimulatedBroker broker) {
        ClusterMetadata controller = metadata.controller();
        BrokerImage known = metadata.decided().brokers().get(broker.nodeId());
        if (known != null && controller != null && known.isActive()) {
            faults.count("broker fenced that was well");
            controller.order(new FenceBroker(broker.nodeId(), known.epoch()));
        }
    }
}
