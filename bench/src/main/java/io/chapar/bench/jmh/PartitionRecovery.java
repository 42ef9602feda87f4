package io.chapar.bench.jmh;

import io.chapar.broker.log.LogConfig;
import io.chapar.broker.partition.Partition;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/// Opening a partition of 256 MB after a crash that left no checkpoint, index or snapshot: every byte is looked at.
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3)
@Measurement(iterations = 5)
public class PartitionRecovery {
    private static final int LOG_BYTES = 256 << 20;

    private LogFixture log;
    private Partition partition;
    private long end;

    @Setup(Level.Trial)
    public void fill() throws IOException {
        log = new LogFixture(LogConfig.defaults());
        partition = log.open();
        ByteBuffer batch = Batches.full(100);
        for (int written = 0; written < LOG_BYTES; written += batch.remaining()) {
            end = log.append(partition, batch) + 1;
        }
    }

    @Setup(Level.Invocation)
    public void crash() throws IOException {
        // Closed, so that nothing writes checkpoints any more; then they go.
        partition.close();
        log.forgetCheckpoints();
    }

    @Benchmark
    public long recover() {
        partition = log.open();
        long recovered = partition.logEndOffset();
        if (recovered != end) {
            throw new IllegalStateException("recovered up to " + recovered + ", not " + end);
        }
        return recovered;
    }

    @TearDown(Level.Trial)
    public void removeFolder() throws IOException {
        partition.close();
        log.close();
    }
}
