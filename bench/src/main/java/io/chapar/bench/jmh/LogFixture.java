package io.chapar.bench.jmh;

import io.chapar.broker.log.DataFolder;
import io.chapar.broker.log.LogConfig;
import io.chapar.broker.log.disk.FileDisk;
import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.PartitionSetup;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.TopicPartition;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

/// A partition in a temporary folder of the real disk.
final class LogFixture {
    private static final TopicPartition ID = new TopicPartition("measured", 0);
    private static final UUID TOPIC_ID = new UUID(1, 1);
    private static final short PRODUCE_VERSION = 13;
    private static final ClientAppend HOW = new ClientAppend(PRODUCE_VERSION, (short) -1, null);

    private final Path root;
    private final LogConfig config;
    private FileDisk disk;
    private DataFolder folder;
    private Turns loop = new Turns();

    LogFixture(LogConfig config) throws IOException {
        this.root = Files.createTempDirectory("chapar-jmh-");
        this.disk = new FileDisk(root);
        this.config = config;
        this.folder = new DataFolder(disk);
    }

    /// Opened as a broker opens it that has just started.
    Partition open() {
        folder = new DataFolder(disk);
        loop = new Turns();
        return Partition.open(new PartitionSetup(ID, TOPIC_ID, 0, config, folder, loop));
    }

    /// One turn of the loop: what has become of syncs, and one batch.
    long append(Partition partition, ByteBuffer batch) {
        loop.run();
        Batches.reset(batch);
        return switch (partition.appendFromClient(batch, HOW, Batches.TIMESTAMP)) {
            case AppendOutcome.Appended a -> a.lastOffset();
            case AppendOutcome.WrittenBefore w -> w.lastOffset();
            case AppendOutcome.Rejected r -> throw new IllegalStateException(r.reason());
        };
    }

    /// As after a crash that lost everything but the segments themselves.
    void forgetCheckpoints() throws IOException {
        endWork();
        for (Path file : files()) {
            String name = file.getFileName().toString();
            if (Files.isRegularFile(file) && !name.endsWith(".log") && !name.equals("partition.metadata")) {
                Files.delete(file);
            }
        }
    }

    void deleteAll() throws IOException {
        endWork();
        for (Path file : files()) {
            if (!file.equals(root)) {
                Files.delete(file);
            }
        }
    }

    /// A sync that is still under way would miss the files that go.
    private void endWork() throws IOException {
        disk.close();
        disk = new FileDisk(root);
        folder.close();
    }

    void close() throws IOException {
        deleteAll();
        disk.close();
        Files.delete(root);
    }

    private List<Path> files() {
        try (Stream<Path> files = Files.walk(root)) {
            return files.sorted(Comparator.reverseOrder()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What others hand over waits for the calling thread's next turn; no time passes.
    private static final class Turns implements Loop {
        private final Thread owner = Thread.currentThread();
        private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

        void run() {
            for (Runnable task = waiting.poll(); task != null; task = waiting.poll()) {
                task.run();
            }
        }

        @Override
        public void execute(Runnable task) {
            waiting.add(task);
        }

        @Override
        public boolean inLoop() {
            return Thread.currentThread().equals(owner);
        }

        @Override
        public Timer schedule(long delayMs, Runnable task) {
            return () -> { };
        }

        @Override
        public long nowMs() {
            return Batches.TIMESTAMP;
        }

        @Override
        public long wallClockMs() {
            return Batches.TIMESTAMP;
        }
    }
}
