package io.chapar.cli;

import io.chapar.client.ChaparException;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;

/// Why nothing comes: when a while has passed without a record, whether a partition has gone offline is asked, and
/// said, once each time that one does. A consumer waits for one without a word, since it may come back.
final class QuietPartitions implements AutoCloseable {
    private static final long QUIET_NS = Duration.ofSeconds(2).toNanos();

    private final Supplier<Cluster> connect;
    private final PrintWriter err;
    private final Set<TopicPartition> offline = new TreeSet<>();
    /// Null until it was quiet for the first time.
    private @Nullable Cluster cluster;
    private long quietSinceNs;
    private boolean isIdle;

    QuietPartitions(Supplier<Cluster> connect, PrintWriter err) {
        this.connect = connect;
        this.err = err;
        this.quietSinceNs = System.nanoTime();
    }

    /// After each poll. Throws when none of the partitions can be read.
    void polled(int records, List<TopicPartition> partitions) {
        long nowNs = System.nanoTime();
        if (records > 0) {
            quietSinceNs = nowNs;
        } else if (nowNs - quietSinceNs >= QUIET_NS && !partitions.isEmpty()) {
            quietSinceNs = nowNs;
            look(partitions);
        } else if (nowNs - quietSinceNs >= QUIET_NS && !isIdle) {
            isIdle = true;
            err.println("No partition has been given to this member of the group: others have all, or give theirs up"
                    + " first.");
            err.flush();
        }
        isIdle &= partitions.isEmpty();
    }

    private void look(List<TopicPartition> partitions) {
        Map<TopicPartition, String> now = new TreeMap<>();
        try {
            if (cluster == null) {
                cluster = connect.get();
            }
            now.putAll(cluster.whyOffline(partitions));
        } catch (CommandFailure | ChaparException unreachable) {
            // The consumer says so itself, or waits for the broker to come back.
            return;
        }
        if (now.keySet().containsAll(partitions)) {
            throw new CommandFailure(String.join("; ", now.values()));
        }
        now.forEach((partition, why) -> {
            if (!offline.contains(partition)) {
                err.println(why);
            }
        });
        offline.clear();
        offline.addAll(now.keySet());
        err.flush();
    }

    boolean isOffline(TopicPartition partition) {
        return offline.contains(partition);
    }

    @Override
    public void close() {
        if (cluster != null) {
            cluster.close();
        }
    }
}
