package io.chapar.broker.partition;

import io.chapar.broker.budget.LogBudget;
import io.chapar.broker.budget.RarerLines;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;

/// Records that the disk does not give back. What memory and disk hold agrees as before, so the partition stays online:
/// whoever asks for those records is refused, and everybody else goes on.
///
/// A transfer from file to socket fails when its answer has begun: it costs the connection, with the answers for other
/// partitions on it. For a while after one the records are read before they are answered with, so that a failure is an
/// error code in the answer.
final class ReadFaults {
    static final long IN_MEMORY_MS = 60_000;
    static final long REMEMBERED_MS = 600_000;
    private static final Logger LOG = LoggerFactory.getLogger(ReadFaults.class);
    /// Of all partitions.
    private static final LogBudget LINES = new LogBudget(10);

    private final TopicPartition id;
    private final Loop loop;
    private final RarerLines lines = new RarerLines();
    private long inMemoryUntilMs = Long.MIN_VALUE;
    private long rememberedUntilMs = Long.MIN_VALUE;
    private String last = "";

    ReadFaults(TopicPartition id, Loop loop) {
        this.id = id;
        this.loop = loop;
    }

    /// A reader comes back to the same place again and again; the log says so ever more seldom, and how often it was.
    void met(IOException cause) {
        long nowMs = loop.nowMs();
        rememberedUntilMs = nowMs + REMEMBERED_MS;
        last = Reopening.reason(cause);
        String times = lines.line(nowMs);
        String others = times == null ? null : LINES.line(nowMs);
        if (others != null) {
            LOG.error("{} cannot give records to a reader: {}{}{}", id, last, times, others);
        }
    }

    /// From any thread.
    void metByTransfer(IOException cause) {
        loop.run(() -> {
            inMemoryUntilMs = loop.nowMs() + IN_MEMORY_MS;
            met(cause);
        });
    }

    /// Long enough for whoever watches the metrics to see it. Null where none was met.
    @Nullable String metLately() {
        return loop.nowMs() < rememberedUntilMs ? last : null;
    }

    /// Whether records have to be read before they are answered with.
    boolean inMemory() {
        return loop.nowMs() < inMemoryUntilMs;
    }
}
