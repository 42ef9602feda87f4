package io.chapar.broker.shard;

import io.chapar.broker.log.PartitionLog;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// How far the opening of all partitions is, over all loops; told to the log every second or so while it lasts.
public final class RecoveryProgress {
    private static final long TELL_EVERY_NS = TimeUnit.SECONDS.toNanos(1);
    private static final Logger LOG = LoggerFactory.getLogger(RecoveryProgress.class);

    private final Set<String> folders;
    private final AtomicInteger total = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong scannedBytes = new AtomicLong();
    private final long begunNs = System.nanoTime();
    private final AtomicLong toldNs = new AtomicLong(begunNs);

    /// @param folders names in the data folder
    public RecoveryProgress(Collection<String> folders) {
        this.folders = new TreeSet<>(folders);
    }

    boolean isOnDisk(TopicPartition id) {
        return folders.contains(id.toString());
    }

    void found(int partitions) {
        total.addAndGet(partitions);
    }

    /// @param log null when it could not be opened
    void opened(@Nullable PartitionLog log) {
        if (log == null) {
            failed.incrementAndGet();
        } else {
            bytes.addAndGet(log.sizeInBytes());
            scannedBytes.addAndGet(log.scannedBytes());
        }
        int now = done.incrementAndGet();
        long lastNs = toldNs.get();
        long nowNs = System.nanoTime();
        if (nowNs - lastNs >= TELL_EVERY_NS && toldNs.compareAndSet(lastNs, nowNs)) {
            LOG.info("Opening partitions: {} of {} done, {} MB, of which {} MB had to be read", now, total.get(),
                    bytes.get() >> 20, scannedBytes.get() >> 20);
        }
    }

    /// Tells the outcome where it took longer than one would expect, or anything was read.
    public void over() {
        long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begunNs);
        if (failed.get() > 0 || scannedBytes.get() > 0 || tookMs > 1000) {
            LOG.info("Opened {} partitions of {} MB in {} ms, of which {} MB had to be read; {} are offline",
                    done.get(), bytes.get() >> 20, tookMs, scannedBytes.get() >> 20, failed.get());
        }
    }
}
