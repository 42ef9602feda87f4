package io.chapar.bench.jmh;

import io.chapar.broker.log.FileRecords;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.partition.OffsetAtTime;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.ReadOutcome;
import io.chapar.broker.partition.ReadRequest;
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

/// What the broker does before the kernel copies a file to a socket: at the end of a log of 64 MB in 8 segments, at
/// random offsets of it, and by time.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class PartitionRead {
    private static final int LOG_BYTES = 64 << 20;
    private static final int SEGMENT_BYTES = 8 << 20;
    private static final int READ_BYTES = 1 << 20;
    /// Steps that visit every offset in no order, as a random generator would, without being one.
    private static final long STEP = 7_919;

    private LogFixture log;
    private Partition partition;
    private long offset;

    @Setup(Level.Trial)
    public void fill() throws IOException {
        log = new LogFixture(LogConfig.builder().segmentBytes(SEGMENT_BYTES).build());
        partition = log.open();
        ByteBuffer batch = Batches.full(100);
        for (int written = 0; written < LOG_BYTES; written += batch.remaining()) {
            log.append(partition, batch);
        }
    }

    @Benchmark
    public int readAtTheEnd() {
        return read(partition.logEndOffset() - 1);
    }

    @Benchmark
    public int readAnywhere() {
        offset = (offset + STEP) % partition.logEndOffset();
        return read(offset);
    }

    @Benchmark
    public OffsetAtTime offsetForTimestamp() {
        offset = (offset + STEP) % 150;
        OffsetAtTime[] found = new OffsetAtTime[1];
        partition.offsetForTimestamp(
                Batches.TIMESTAMP + offset, Isolation.READ_UNCOMMITTED, -1, one -> found[0] = one);
        return found[0];
    }

    private int read(long from) {
        ReadOutcome outcome =
                partition.read(new ReadRequest(from, READ_BYTES, Isolation.READ_UNCOMMITTED, -1, -1, true));
        if (outcome instanceof ReadOutcome.Slice slice && slice.records() instanceof FileRecords file) {
            file.release();
            return file.sizeInBytes();
        }
        throw new IllegalStateException("nothing was read at " + from);
    }

    @TearDown(Level.Trial)
    public void removeFolder() throws IOException {
        partition.close();
        log.close();
    }
}
