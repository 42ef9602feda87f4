package io.chapar.broker.group;

import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.coordinator.CoordinatorLog;
import io.chapar.broker.coordinator.CoordinatorShard;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.TopicPartition;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/// The group coordinators of one loop. On that loop alone, except [#loop].
final class GroupShard {
    private final CoordinatorShard shard;
    private final GroupLimits limits;
    private final RandomGenerator random;
    private final Map<Integer, GroupHost> hosts = new LinkedHashMap<>();

    /// @param random this loop's own
    GroupShard(CoordinatorShard shard, GroupLimits limits, RandomGenerator random) {
        this.shard = shard;
        this.limits = limits;
        this.random = random;
    }

    Loop loop() {
        return shard.loop();
    }

    /// The coordinator of this partition of `__consumer_offsets`, which begins to load if it has not yet; null when
    /// the partition does not live here.
    GroupHost host(int partition) {
        GroupHost host = hosts.get(partition);
        if (host == null) {
            CoordinatorLog log = shard.logs().open(new TopicPartition(CoordinatorKeys.CONSUMER_OFFSETS, partition));
            if (log == null) {
                return null;
            }
            host = new GroupHost(loop(), log, limits, random);
            hosts.put(partition, host);
            GroupHost begun = host;
            log.onReplaced(() -> {
                begun.lose();
                hosts.remove(partition, begun);
                host(partition);
            });
            host.load();
        }
        return host;
    }
}
