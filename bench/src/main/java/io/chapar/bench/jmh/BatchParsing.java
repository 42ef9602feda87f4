package io.chapar.bench.jmh;

import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordCursor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/// One batch of 16 KB: its checksum, and a step through its records.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class BatchParsing {
    @Param({"100", "1024"})
    public int recordBytes;

    private ByteBuffer bytes;

    @Setup
    public void make() {
        bytes = Batches.full(recordBytes);
    }

    @Benchmark
    public boolean checksum() {
        return RecordBatch.at(bytes, 0).isCrcValid();
    }

    @Benchmark
    public long walk() {
        long sum = 0;
        try (RecordCursor cursor = RecordBatch.at(bytes, 0).cursor()) {
            while (cursor.advance()) {
                sum += cursor.timestamp() + cursor.offsetDelta();
            }
        }
        return sum;
    }
}
