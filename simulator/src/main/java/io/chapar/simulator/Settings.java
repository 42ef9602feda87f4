package io.chapar.simulator;

import io.chapar.broker.config.BrokerConfig;

import java.util.Map;
import java.util.TreeMap;

/// What brokers and clients of one world are set to.
final class Settings {
    private Settings() {}

    static Map<String, Object> client(Swarm swarm, SimulatedCluster cluster, String name) {
        Map<String, Object> settings = new TreeMap<>();
        settings.put("bootstrap.servers", cluster.addresses());
        settings.put("client.id", name);
        settings.put("request.timeout.ms", swarm.requestTimeoutMs());
        settings.put("socket.connection.setup.timeout.ms", swarm.requestTimeoutMs());
        settings.put("default.api.timeout.ms", swarm.requestTimeoutMs() * 3);
        settings.put("metadata.max.age.ms", 5_000);
        return settings;
    }

    static BrokerConfig broker(World world, Swarm swarm, Extras extras, int node, int loops) {
        Map<String, String> settings = new TreeMap<>(swarm.brokerSettings());
        settings.putAll(extras.brokerSettings());
        settings.putAll(ModernGroup.drawn(world).brokerSettings(swarm));
        settings.put("node.id", Integer.toString(node));
        if (!swarm.replicated()) {
            // Nobody follows anybody here.
            settings.put("transaction.state.log.replication.factor", "1");
            settings.put("offsets.topic.replication.factor", "1");
        }
        settings.put("num.network.threads", Integer.toString(loops));
        return BrokerConfig.of(settings);
    }

    /// Each broker stands in one of its own.
    static String rack(int broker) {
        return "rack " + broker;
    }

    /// Where a consumer stands: beside one of the brokers, or nowhere.
    static Map<String, Object> rack(World world, Swarm swarm, String consumer) {
        int drawn = world.random("rack of " + consumer).nextInt(swarm.brokers() + 1);
        return swarm.replicated() && drawn > 0 ? Map.of("client.rack", rack(drawn)) : Map.of();
    }

    /// How the group shares its partitions; the same for all of its members.
    static Map<String, Object> assignment(World world, String group) {
        boolean cooperative = world.random("assignment of " + group).nextInt(3) == 0;
        return cooperative ? Map.of("partition.assignment.strategy", "cooperative-sticky") : Map.of();
    }
}
