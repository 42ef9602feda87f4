package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.RetriableException;
import io.chapar.client.admin.Admin;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.client.consumer.Consumer;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.metadata.TopicView;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;

import static java.util.Objects.requireNonNull;

/// [Changelogs] over the client, on a thread of its own for as long as something is read, poll by poll: the next one
/// waits until the entries of the last are in the store.
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
        settings = ClientSettings.changelog(config, memberName);
        this.home = home;
    }

    @Override
    public CompletableFuture<Void> read(TopicPartition changelog, @Nullable Standing from, Entries entries) {
        drop();
        Reading begun = new Reading(changelog, from, entries);
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

    /// Gives the entries to a store at its home, and returns when they are in it or nobody wants them any more: then it
    /// is told nothing, above all not that it has reached the end. Throws what stood in their way, whatever it is:
    /// somebody waits for the end of the restore.
    ///
    /// @param dropped ended at that home alone
    static void handOver(List<ConsumerRecord<byte[], byte[]>> batch, Runnable then, Entries entries, Executor home,
            CompletableFuture<Void> dropped) {
        CompletableFuture<Void> taken = new CompletableFuture<>();
        home.execute(() -> {
            if (dropped.isDone()) {
                return;
            }
            try {
                for (ConsumerRecord<byte[], byte[]> record : batch) {
                    if (record.key() != null) {
                        entries.entry(record.key(), record.value());
                    }
                }
                then.run();
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

    private final class Reading implements Runnable {
        private final TopicPartition changelog;
        private final @Nullable Standing from;
        private final Entries entries;
        private final CompletableFuture<Void> done = new CompletableFuture<>();
        /// Fails when the reading is dropped, so that nobody waits for a loop that has ended.
        private final CompletableFuture<Void> dropped = new CompletableFuture<>();

        Reading(TopicPartition changelog, @Nullable Standing from, Entries entries) {
            this.changelog = changelog;
            this.from = from;
            this.entries = entries;
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
                        "Reading " + changelog + " failed: " + e, e)));
            }
        }

        /// The end is that of all that is written. Committed records are read up to it, so what is undecided there is
        /// waited for: it may be of a transaction whose positions are committed already.
        private void readAll() {
            try (Consumer<byte[], byte[]> consumer = Consumer.open(settings, BYTES, BYTES)) {
                Standing.Log log = log();
                boolean anew = from == null || !from.isIn(log, home.wallClockMs());
                if (anew) {
                    handOver(List.of(), entries::forget, entries, this::atHome, dropped);
                }
                long start = from == null || anew ? log.start() : from.offset();
                long toldMs = home.nowMs();
                consumer.assign(List.of(changelog));
                consumer.seek(changelog, start);
                while (!dropped.isDone() && consumer.position(changelog) < log.end()) {
                    List<ConsumerRecord<byte[], byte[]>> batch = new ArrayList<>();
                    consumer.poll(POLL).forEach(batch::add);
                    long reached = consumer.position(changelog);
                    handOver(batch, () -> entries.reached(reached, log), entries, this::atHome, dropped);
                    if (home.nowMs() - toldMs >= TELL_MS) {
                        toldMs = home.nowMs();
                        LOG.info("Restoring from {}: {} %, offset {} of {} to {}", changelog,
                                100 * (reached - start) / Math.max(1, log.end() - start), reached, start, log.end());
                    }
                }
                handOver(List.of(), () -> entries.reached(log.end(), log), entries, this::atHome, dropped);
            }
        }

        private Standing.Log log() {
            try (Admin admin = Admin.open(settings.client())) {
                TopicView view = requireNonNull(admin.describeTopics(List.of(changelog.topic()))
                        .get(changelog.topic()), "each topic that was asked about is answered for").get();
                return new Standing.Log(view.id(), offset(admin, new OffsetSpec.Earliest()),
                        offset(admin, new OffsetSpec.Latest()));
            }
        }

        private long offset(Admin admin, OffsetSpec which) {
            return requireNonNull(admin.listOffsets(Map.of(changelog, which), false).get(changelog),
                    "each partition that was asked about is answered for").get().offset();
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
