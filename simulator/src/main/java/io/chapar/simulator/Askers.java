package io.chapar.simulator;

import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/// Who asks brokers what others have written and committed, and looks at nothing but the answers.
final class Askers {
    private static final int LATECOMERS_IN_ONE_OF = 6;
    private static final List<String> GROUPS =
            List.of("positions-writer0", "positions-writer1", "positions-writer2", "app", "members");

    private Askers() {}

    /// @param clients by name, and whether repetitions of their writes are recognised
    static List<Actor> of(World world, SimulatedCluster cluster, Swarm swarm, Extras extras, FaultCount faults,
            BiFunction<String, Boolean, SimulatedClient> clients) {
        List<Actor> all = new ArrayList<>();
        if (swarm.replicated() && world.random("latecomer").nextInt(LATECOMERS_IN_ONE_OF) == 0) {
            all.add(new Latecomer(clients.apply("latecomer", false), cluster, swarm, partitions("t0", swarm), GROUPS));
        }
        if (FormerCoordinator.isThere(world, swarm)) {
            all.add(new FormerCoordinator(
                    clients.apply("former", false), cluster, swarm, faults, new TopicPartition("t0", 0)));
        }
        if (extras.offsetsAreWatched()) {
            List<TopicPartition> partitions = new ArrayList<>(partitions("t0", swarm));
            partitions.addAll(partitions("input", swarm));
            all.add(new OffsetWatcher(clients.apply("watcher", false), cluster, swarm, GROUPS, partitions));
        }
        return all;
    }

    private static List<TopicPartition> partitions(String topic, Swarm swarm) {
        return IntStream.range(0, swarm.partitions()).mapToObj(i -> new TopicPartition(topic, i)).toList();
    }
}
