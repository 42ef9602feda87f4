package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.admin.Admin;
import io.chapar.client.consumer.Consumer;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.consumer.ConsumerRecords;
import io.chapar.client.serde.Serde;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.ClientLoop;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;

import static java.util.Objects.requireNonNull;

/// [Changelogs] over the client, with one consumer for all partitions, on a thread of its own for as long as something
/// is read, poll by poll: the next one waits until the entries of the last are in the stores.
final class ChangelogReader implements Changelogs {
    private static final Duration POLL = Duration.ofMillis(500);
    /// How often a long reading says how far it is.
    private static final long TELL_MS = 5_000;
    private static final Logger LOG = LoggerFactory.getLogger(ChangelogReader.class);
    private static final Serde<byte[]> BYTES = new Serde<>() {
        @Override
        public byte @Nullable [] serialize(String topic, byte @Nullable [] data) {
            return data;
        }

        @Override
        public byte @Nullable [] deserialize(String topic, byte @Nullable [] bytes) {
            return bytes;
        }
    };

    private final ConsumerConfig settings;
    private final ClientLoop home;
    /// What is read at the moment; null: nothing.
    private final AtomicReference<@Nullable Reading> reading = new AtomicReference<>();

    ChangelogReader(ProcessorConfig config, String memberName, ClientLoop home) {
        settings = ClientSettings.restore(config, memberName);
        this.home = home;
    }

    @Override
    public CompletableFuture<Void> read(SortedMap<TopicPartition, Wanted> changelogs) {
        drop();
        Reading begun = new Reading(new TreeMap<>(changelogs));
        reading.set(begun);
        Thread.ofVirtual().name(settings.client().clientId() + "-restore").start(begun);
        return begun.done;
    }

    @Override
    public void drop() {
        Reading last = reading.getAndSet(null);
        if (last != null) {
            last.drop();
        }
    }

    /// Gives the entries to a store at its home: see the other one.
    static void handOver(List<ConsumerRecord<byte[], byte[]>> batch, Runnable then, Entries entries, Executor home,
            CompletableFuture<Void> dropped) {
        handOver(() -> {
            give(batch, entries);
            then.run();
        }, home, dropped);
    }

    private static void give(List<ConsumerRecord<byte[], byte[]>> batch, Entries entries) {
        for (ConsumerRecord<byte[], byte[]> record : batch) {
            if (record.key() != null) {
                entries.entry(record.key(), record.value());
            }
        }
    }

    /// Returns when that is done at the stores' home, or nobody wants it any more: then they are told nothing, above
    /// all not that they have reached the end. Throws what stood in the way, whatever it is: somebody waits for the end
    /// of the restore.
    ///
    /// @param dropped ended at that home alone
    private static void handOver(Runnable what, Executor home, CompletableFuture<Void> dropped) {
        CompletableFuture<Void> taken = new CompletableFuture<>();
        home.execute(() -> {
            if (dropped.isDone()) {
                return;
            }
            try {
                what.run();
                taken.complete(null);
            } catch (RuntimeException | Error e) {
                taken.completeExceptionally(e);
            }
        });
        try {
            CompletableFuture.anyOf(taken, dropped).join();
        } catch (CompletionException e) {
            switch (e.getCause()) {
                case RuntimeException failure -> throw failure;
                case Error failure -> throw failure;
                case null, default -> throw e;
            }
        }
    }

    /// One partition that is read. On the thread that reads.
    private static final class Place {
        private final Standing.Log log;
        private final Entries entries;
        private final long start;
        /// As [Standing#atMs]; when the log was asked for its end if the store misses nothing before that.
        private final long sinceMs;
        /// When the log was asked for its end.
        private final long askedMs;
        private OffsetAndMetadata reached;

        Place(Standing.Log log, Entries entries, OffsetAndMetadata start, long sinceMs, long askedMs) {
            this.log = log;
            this.entries = entries;
            this.start = start.offset();
            this.sinceMs = sinceMs;
            this.askedMs = askedMs;
            reached = start;
        }

        boolean isAtEnd() {
            return reached.offset() >= log.end();
        }

        void tell() {
            entries.reached(log.at(reached, isAtEnd() ? askedMs : sinceMs));
        }
    }

    private final class Reading implements Runnable {
        private final SortedMap<TopicPartition, Wanted> wanted;
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        /// Fails when the reading is dropped, so that nobody waits for a loop that has ended.
        private final CompletableFuture<Void> dropped = new CompletableFuture<>();
        private final TreeMap<TopicPartition, Place> places = new TreeMap<>();
        private long toldMs;

        Reading(SortedMap<TopicPartition, Wanted> wanted) {
            this.wanted = wanted;
        }

        void drop() {
            dropped.completeExceptionally(new RetriableException("The restore was given up"));
        }

        @Override
        public void run() {
            try {
                readAll();
                atHome(() -> done.complete(null));
            } catch (ChaparException e) {
                atHome(() -> done.completeExceptionally(e));
            } catch (RuntimeException | Error e) {
                atHome(() -> done.completeExceptionally(new FatalException(ErrorCode.UNKNOWN_SERVER_ERROR,
                        "Reading " + wanted.keySet() + " failed: " + e, e)));
            }
        }

        /// The ends are those of all that is written. Committed records are read up to them, so what is undecided there
        /// is waited for: it may be of a transaction whose positions are committed already.
        private void readAll() {
            try (Consumer<byte[], byte[]> consumer = Consumer.open(settings, BYTES, BYTES)) {
                consumer.assign(wanted.keySet());
                begin(consumer);
                toldMs = home.nowMs();
                TreeMap<TopicPartition, Place> left = new TreeMap<>(places);
                pauseEnded(consumer, left);
                while (!dropped.isDone() && !left.isEmpty()) {
                    read(consumer);
                    pauseEnded(consumer, left);
                    tell(left.size());
                }
                handOver(() -> places.values().forEach(Place::tell), this::atHome, dropped);
            } catch (FatalException e) {
                throw e.errorCode() == ErrorCode.OFFSET_OUT_OF_RANGE ? anew(wanted.values().stream()
                        .map(Wanted::entries).toList(), "what was read of a changelog is not there any more: "
                        + e.getMessage()) : e;
            }
        }

        /// By the next attempt.
        ///
        /// @param those who have read what is of no use; which one of several it was may not be known
        private RetriableException anew(List<Entries> those, String why) {
            LOG.warn("State is built anew from its changelogs, since {}", why);
            handOver(() -> those.forEach(Entries::forget), this::atHome, dropped);
            return new RetriableException(ErrorCode.NONE, "State is built anew from its changelogs, since " + why);
        }

        private void begin(Consumer<byte[], byte[]> consumer) {
            TreeMap<TopicPartition, Standing> known = new TreeMap<>();
            wanted.forEach((changelog, one) -> {
                Standing from = one.from();
                if (from != null) {
                    known.put(changelog, from);
                }
            });
            try (Admin admin = Admin.open(settings.client())) {
                ChangelogLogs logs = new ChangelogLogs(admin);
                long askedMs = home.wallClockMs();
                SortedMap<TopicPartition, Standing.Log> found = logs.of(wanted.keySet());
                for (TopicPartition cut : logs.cut(known)) {
                    LOG.warn("{} was cut since it was read: what was made of it is built anew", cut);
                    known.remove(cut);
                }
                found.forEach((changelog, log) -> begin(consumer, changelog, log, known.get(changelog), askedMs));
            }
        }

        private void begin(Consumer<byte[], byte[]> consumer, TopicPartition changelog, Standing.Log log,
                @Nullable Standing known, long askedMs) {
            Entries entries = requireNonNull(wanted.get(changelog), "asked for").entries();
            Standing from = known;
            if (from == null || !from.isIn(log, askedMs)) {
                handOver(entries::forget, this::atHome, dropped);
                from = log.at(new OffsetAndMetadata(log.start()), askedMs);
            }
            long sinceMs = from.isAtEnd(log) ? askedMs : from.atMs();
            places.put(changelog, new Place(log, entries, from.next(), sinceMs, askedMs));
            consumer.seek(changelog, from.next());
        }

        private void pauseEnded(Consumer<byte[], byte[]> consumer, Map<TopicPartition, Place> left) {
            List<TopicPartition> ended = new ArrayList<>();
            left.forEach((changelog, place) -> {
                if (place.isAtEnd()) {
                    ended.add(changelog);
                }
            });
            if (!ended.isEmpty()) {
                consumer.pause(ended);
                left.keySet().removeAll(ended);
            }
        }

        private void read(Consumer<byte[], byte[]> consumer) {
            ConsumerRecords<byte[], byte[]> polled = consumer.poll(POLL);
            polled.nextOffsets().forEach((changelog, next) -> {
                Place place = place(changelog);
                place.reached = next;
                if (home.wallClockMs() - place.sinceMs > 2 * Standing.MAX_AGE_MS) {
                    throw anew(List.of(place.entries), changelog + " could not be read to its end within a day, and"
                            + " entries that remove keys may be gone");
                }
            });
            handOver(() -> polled.nextOffsets().keySet().forEach(changelog -> {
                Place place = place(changelog);
                give(polled.records(changelog), place.entries);
                place.tell();
            }), this::atHome, dropped);
        }

        private Place place(TopicPartition changelog) {
            return requireNonNull(places.get(changelog), "it is read");
        }

        private void tell(int left) {
            if (home.nowMs() - toldMs >= TELL_MS) {
                toldMs = home.nowMs();
                long all = 0;
                long read = 0;
                for (Place place : places.values()) {
                    all += Math.max(0, place.log.end() - place.start);
                    read += Math.min(place.reached.offset(), place.log.end()) - place.start;
                }
                LOG.info("Restoring: {} % of {} offsets in {} partitions of changelogs, {} of them not done ({}, ...)",
                        100 * read / Math.max(1, all), all, places.size(), left, places.firstKey());
            }
        }

        private void atHome(Runnable task) {
            try {
                home.execute(task);
            } catch (RejectedExecutionException e) {
                drop();
            }
        }
    }
}
