package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.RetriableException;
import io.chapar.client.consumer.Consumer;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.ConsumerRecords;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

import static java.util.Objects.requireNonNull;

/// Fills the [StandbyCopies] of one member from their changelogs, on a thread of its own as long as there are some.
/// Committed entries alone are read, so a copy never has what may still come to nothing.
///
/// A failure holds copies up, never the member: they are placed anew and read on when what stood in the way is gone.
final class StandbyReader {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final long MEASURE_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long AGAIN_MS = 1_000;
    private static final Logger LOG = LoggerFactory.getLogger(StandbyReader.class);

    private final ConsumerConfig settings;
    private final StandbyCopies copies;
    private final Runnable moveDue;
    private final Thread thread;
    /// Whose places the consumer of the moment has been given.
    private final TreeMap<TopicPartition, StandbyCopy> seated = new TreeMap<>();
    private long measuredNs;
    private long placeAgainNs = System.nanoTime();

    /// @param moveDue called on this reader's thread when the group's leader has to hear how far the copies are
    StandbyReader(ProcessorConfig config, String memberName, StandbyCopies copies, Runnable moveDue) {
        settings = ClientSettings.standby(config, memberName);
        this.copies = copies;
        this.moveDue = moveDue;
        thread = Thread.ofVirtual().name(memberName + "-standby").unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /// Nothing is kept any more. Returns when the thread has ended, or after so long.
    void close(long atMostMs) throws InterruptedException {
        copies.close();
        thread.interrupt();
        if (thread.isAlive()) {
            thread.join(atMostMs);
        }
    }

    private void run() {
        String told = "";
        while (!copies.isClosed()) {
            try {
                copies.awaitWanted();
                if (!copies.current().isEmpty()) {
                    readOn();
                    told = "";
                }
            } catch (InterruptedException e) {
                LOG.debug("{} ends", thread.getName());
            } catch (RuntimeException | Error e) {
                String why = e instanceof ChaparException ? String.valueOf(e.getMessage()) : e.toString();
                if (!copies.isClosed() && !why.equals(told)) {
                    told = why;
                    LOG.warn("{}: copies of state cannot be read on for now: {}", thread.getName(), why);
                }
                pause();
            }
        }
    }

    private void pause() {
        try {
            Thread.sleep(AGAIN_MS);
        } catch (InterruptedException e) {
            LOG.debug("{} does not wait any longer", thread.getName());
        }
    }

    /// Until nothing is left to be read.
    private void readOn() {
        seated.clear();
        try (Consumer<byte[], byte[]> consumer = Consumer.open(settings, Serdes.bytes(), Serdes.bytes())) {
            copies.current().values().forEach(StandbyCopy::displace);
            SortedMap<TopicPartition, StandbyCopy> now = place(consumer);
            while (!now.isEmpty()) {
                read(consumer, now);
                now = place(consumer);
            }
        } catch (FatalException e) {
            if (e.errorCode() == ErrorCode.OFFSET_OUT_OF_RANGE) {
                // What was read may have been cut off; by the next look others may be there in its stead.
                copies.doubt();
            }
            throw e;
        }
    }

    /// What is to be read now, each at its place: one that took the place of another, too.
    private SortedMap<TopicPartition, StandbyCopy> place(Consumer<byte[], byte[]> consumer) {
        SortedMap<TopicPartition, StandbyCopy> now = copies.current();
        TreeSet<TopicPartition> fresh = new TreeSet<>(now.keySet());
        fresh.removeIf(changelog -> copy(now, changelog).isPlaced());
        if (!fresh.isEmpty() && System.nanoTime() - placeAgainNs >= 0) {
            new ChangelogLogs(settings.client()).of(fresh).forEach((changelog, log) ->
                    place(copy(now, changelog), log));
            measuredNs = System.nanoTime() - MEASURE_NS;
        }
        TreeMap<TopicPartition, StandbyCopy> placed = new TreeMap<>(now);
        placed.values().removeIf(copy -> !copy.isPlaced());
        if (!seated.equals(placed)) {
            consumer.assign(placed.keySet());
            placed.forEach((changelog, copy) -> {
                if (!copy.equals(seated.get(changelog))) {
                    consumer.seek(changelog, copy.position());
                }
            });
            seated.clear();
            seated.putAll(placed);
        }
        return now;
    }

    private void place(StandbyCopy copy, Standing.Log log) {
        try {
            copy.place(log, System.currentTimeMillis());
        } catch (RetriableException e) {
            LOG.debug("{}: a copy cannot be opened yet: {}", thread.getName(), e.getMessage());
            placeAgainNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(AGAIN_MS);
        }
    }

    private static StandbyCopy copy(SortedMap<TopicPartition, StandbyCopy> copies, TopicPartition changelog) {
        return requireNonNull(copies.get(changelog), "it is read");
    }

    private void read(Consumer<byte[], byte[]> consumer, SortedMap<TopicPartition, StandbyCopy> now) {
        ConsumerRecords<byte[], byte[]> polled = consumer.poll(POLL);
        polled.nextOffsets().forEach((changelog, next) -> {
            StandbyCopy copy = now.get(changelog);
            if (copy != null && copy.isPlaced()
                    && !copy.take(polled.records(changelog), next.offset(), System.currentTimeMillis())) {
                copies.giveUp(changelog);
            }
        });
        if (System.nanoTime() - measuredNs >= MEASURE_NS) {
            measuredNs = System.nanoTime();
            measure(consumer, now);
        }
    }

    /// Positions move without records too, over what nobody sees.
    private void measure(Consumer<byte[], byte[]> consumer, SortedMap<TopicPartition, StandbyCopy> now) {
        Map<TopicPartition, Long> ends = new TreeMap<>(consumer.endOffsets(seated.keySet()));
        ends.forEach((changelog, end) -> copy(now, changelog).measure(end, System.currentTimeMillis()));
        copies.makeRoom();
        if (copies.isMoveDue(TimeUnit.NANOSECONDS.toMillis(System.nanoTime()))) {
            moveDue.run();
        }
    }
}
