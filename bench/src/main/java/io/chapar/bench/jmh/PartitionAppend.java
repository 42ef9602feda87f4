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
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/// One batch of 16 KB from a client's bytes to the page cache: judged, stamped, written, indexed.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class PartitionAppend {
    @Param({"100", "1024"})
    public int recordBytes;

    private LogFixture log;
    private Partition partition;
    private ByteBuffer batch;

    @Setup(Level.Trial)
    public void makeFolder() throws IOException {
        log = new LogFixture(LogConfig.defaults());
        batch = Batches.full(recordBytes);
    }

    @Setup(Level.Iteration)
    public void open() {
        partition = log.open();
    }

    @Benchmark
    public long append() {
        return log.append(partition, batch);
    }

    /// The files of an iteration would fill the disk.
    @TearDown(Level.Iteration)
    public void empty() throws IOException {
        partition.close();
        log.deleteAll();
    }

    @TearDown(Level.Trial)
    public void removeFolder() throws IOException {
        log.close();
    }
}
