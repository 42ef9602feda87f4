package io.chapar.broker.handler;

import io.chapar.broker.partition.LongLook;
import io.chapar.broker.shard.Shard;
import io.chapar.broker.shard.Shards;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

import static java.util.Objects.requireNonNull;

/// Appends that wait while their batch is looked at beside the loop, and those behind them that the same connection
/// sends to the same partition: these keep their order. Of each shard on its own loop.
final class LongLooks {
    private record Way(Object connection, TopicPartition partition) {}

    private final Map<Shard, Map<Way, Deque<Append>>> behind = new LinkedHashMap<>();

    LongLooks(Shards shards) {
        shards.all().forEach(shard -> behind.put(shard, new LinkedHashMap<>()));
    }

    /// One batch on its way to its partition.
    interface Append {
        /// Appends the batch, unless that needs a look that takes long, which is given.
        @Nullable LongLook beginOrLook();

        /// The look is finished.
        void end(LongLook finished);
    }

    /// On the shard's loop.
    void append(Shard shard, Object connection, TopicPartition partition, Append append) {
        shard.held().take(() -> begin(shard, connection, partition, append));
    }

    private void begin(Shard shard, Object connection, TopicPartition partition, Append append) {
        Map<Way, Deque<Append>> ways = requireNonNull(behind.get(shard), "each loop has its own");
        Deque<Append> before = ways.isEmpty() ? null : ways.get(new Way(connection, partition));
        if (before != null) {
            before.add(append);
            return;
        }
        LongLook look = append.beginOrLook();
        if (look != null) {
            Way way = new Way(connection, partition);
            ways.put(way, new ArrayDeque<>());
            look(shard, way, append, look);
        }
    }

    /// What has been looked at waits as whatever comes does where nothing is to be written at present; who comes
    /// meanwhile still comes behind it.
    private void look(Shard shard, Way way, Append append, LongLook look) {
        shard.loop().aside(look::finish, () -> shard.held().take(() -> {
            append.end(look);
            goOn(shard, way);
        }));
    }

    private void goOn(Shard shard, Way way) {
        Map<Way, Deque<Append>> ways = requireNonNull(behind.get(shard), "each loop has its own");
        Deque<Append> waiting = requireNonNull(ways.get(way), "a look is on its way");
        for (Append next = waiting.poll(); next != null; next = waiting.poll()) {
            LongLook look = next.beginOrLook();
            if (look != null) {
                look(shard, way, next, look);
                return;
            }
        }
        ways.remove(way);
    }
}
