package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.RetriableException;
import io.chapar.client.admin.Admin;
import io.chapar.client.consumer.Consumer;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.ConsumerRecords;
import io.chapar.client.serde.Serdes;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import static java.util.Objects.requireNonNull;

/// Fills the [StandbyCopies] of one member from their changelogs, on a thread of its own as long as there are some.
/// Committed entries alone are read, so a copy never has what may still come to nothing.
///
/// A failure holds copies up, never the member: they are placed anew and read on when what stood in the way is gone. A
/// changelog that is not there, or has no leader, holds up its own copy alone.
final class StandbyReader {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration SOON = Duration.ofMillis(20);
    private static final long MEASURE_NS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long AGAIN_MS = 1_000;
    private static final Logger LOG = LoggerFactory.getLogger(StandbyReader.class);

    private final ConsumerConfig settings;
    private final StandbyCopies copies;
    private final Runnable moveDue;
    private final Thread thread;
    /// Whose places the consumer of the moment has been given.
    private final TreeMap<TopicPartition, StandbyCopy> seated = new TreeMap<>();
    /// What was last asked for the first time, of copies without a place.
    private final TreeSet<TopicPartition> lookedFor = new TreeSet<>();
    /// Asked on a thread of its own, so that a leader that does not answer holds no copy up but those of its
    /// changelogs; null when nothing is asked.
    private @Nullable CompletableFuture<ChangelogLogs.Answer> question;
    private long measuredNs;
    private String told = "";

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
        while (!copies.isClosed()) {
            try {
                copies.awaitWanted();
                if (!copies.current().isEmpty()) {
                    readOn();
                }
            } catch (InterruptedException e) {
                LOG.debug("{} ends", thread.getName());
            } catch (RuntimeException | Error e) {
                tell(e instanceof ChaparException ? String.valueOf(e.getMessage()) : e.toString());
                pause();
            }
        }
    }

    /// Once, until something else is in the way, or nothing.
    private void tell(@Nullable String hindrance) {
        String why = hindrance == null ? "" : hindrance;
        if (!why.isEmpty() && !why.equals(told) && !copies.isClosed()) {
            LOG.warn("{}: copies of state cannot be read on for now: {}", thread.getName(), why);
        }
        told = why;
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
        lookedFor.clear();
        question = null;
        try (Admin admin = Admin.open(settings.client());
                Consumer<byte[], byte[]> consumer = Consumer.open(settings, Serdes.bytes(), Serdes.bytes())) {
            ChangelogLogs logs = new ChangelogLogs(admin);
            copies.current().values().forEach(StandbyCopy::displace);
            SortedMap<TopicPartition, StandbyCopy> now = copies.current();
            while (!now.isEmpty()) {
                boolean due = System.nanoTime() - measuredNs >= MEASURE_NS;
                hear(now);
                ask(now, due, logs);
                seat(now, consumer);
                read(now, consumer);
                if (due) {
                    keepPace();
                }
                now = copies.current();
            }
        } catch (FatalException e) {
            if (e.errorCode() == ErrorCode.OFFSET_OUT_OF_RANGE) {
                // What was read may have been cut off; by the next look others may be there in its stead.
                copies.doubt();
            }
            throw e;
        }
    }

    /// At once when there is a copy of which nothing was asked yet.
    private void ask(SortedMap<TopicPartition, StandbyCopy> now, boolean due, ChangelogLogs logs) {
        TreeSet<TopicPartition> fresh = new TreeSet<>(now.keySet());
        fresh.removeIf(changelog -> copy(now, changelog).isPlaced());
        if (question == null && (due || !lookedFor.containsAll(fresh))) {
            lookedFor.clear();
            lookedFor.addAll(fresh);
            TreeSet<TopicPartition> placed = new TreeSet<>(now.keySet());
            placed.removeAll(fresh);
            question = CompletableFuture.supplyAsync(() -> logs.told(fresh, placed),
                    task -> Thread.ofVirtual().name(thread.getName() + "-ends").start(task));
        }
    }

    private void hear(SortedMap<TopicPartition, StandbyCopy> now) {
        CompletableFuture<ChangelogLogs.Answer> asked = question;
        if (asked == null || !asked.isDone()) {
            return;
        }
        question = null;
        ChangelogLogs.Answer answer = asked.join();
        answer.logs().forEach((changelog, log) -> {
            StandbyCopy copy = now.get(changelog);
            if (copy != null && !copy.isPlaced()) {
                place(copy, log, answer.askedMs());
            }
        });
        answer.decided().forEach((changelog, end) -> {
            StandbyCopy copy = now.get(changelog);
            if (copy != null && copy.isPlaced()) {
                copy.measure(end, answer.askedMs());
            }
        });
        tell(answer.hindrance());
    }

    private void place(StandbyCopy copy, Standing.Log log, long askedMs) {
        try {
            copy.place(log, askedMs);
        } catch (RetriableException e) {
            LOG.debug("{}: a copy cannot be opened yet: {}", thread.getName(), e.getMessage());
        }
    }

    /// Each at its place: one that took the place of another, too.
    private void seat(SortedMap<TopicPartition, StandbyCopy> now, Consumer<byte[], byte[]> consumer) {
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
    }

    private static StandbyCopy copy(SortedMap<TopicPartition, StandbyCopy> copies, TopicPartition changelog) {
        return requireNonNull(copies.get(changelog), "it is read");
    }

    private void read(SortedMap<TopicPartition, StandbyCopy> now, Consumer<byte[], byte[]> consumer) {
        ConsumerRecords<byte[], byte[]> polled = consumer.poll(question != null && seated.isEmpty() ? SOON : POLL);
        polled.nextOffsets().forEach((changelog, next) -> {
            StandbyCopy copy = now.get(changelog);
            if (copy != null && copy.isPlaced()
                    && !copy.take(polled.records(changelog), next, System.currentTimeMillis())) {
                copies.giveUp(changelog);
            }
        });
    }

    private void keepPace() {
        measuredNs = System.nanoTime();
        copies.makeRoom();
        if (copies.isMoveDue(TimeUnit.NANOSECONDS.toMillis(measuredNs))) {
            moveDue.run();
        }
    }
}
