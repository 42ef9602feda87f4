package io.chapar.broker.fetch;

import io.chapar.broker.log.FileRecords;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.ReadOutcome;
import io.chapar.broker.partition.ReadRequest;
import io.chapar.broker.partition.Watch;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.Slices;
import io.chapar.broker.shard.Shard;
import io.chapar.broker.shard.Shards;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import static java.util.Objects.requireNonNull;

/// One fetch from start to answer: reads its partitions in order, and when there is too little to answer with, sleeps
/// until one of them has more, or its time is up, and reads again.
///
/// The loops that own the partitions are visited one after the other with what is left of the byte budget, so the
/// bound over all partitions holds exactly. State is touched by one loop at a time: by the owner that is being visited,
/// else by the connection's loop.
public final class FetchRun {
    /// What a fetch may ask, and when it has enough.
    public record Terms(int minBytes, int maxBytes, long maxWaitMs, Isolation isolation, Nearness nearness) {
        /// Of one who reads of leaders alone.
        public Terms(int minBytes, int maxBytes, long maxWaitMs, Isolation isolation) {
            this(minBytes, maxBytes, maxWaitMs, isolation, Nearness.LEADER);
        }
    }

    /// One partition's part of the answer.
    ///
    /// @param outcome null with an error that kept the partition from being read
    public record Part(FetchedPartition asked, ErrorCode error, @Nullable ReadOutcome outcome) {
        public int bytes() {
            return outcome instanceof ReadOutcome.Slice slice ? slice.records().sizeInBytes() : 0;
        }

        void release() {
            if (outcome instanceof ReadOutcome.Slice slice && slice.records() instanceof FileRecords file) {
                file.release();
            }
        }

        /// Must be answered at once: waiting would not help.
        boolean isUrgent() {
            return (error != ErrorCode.NONE && !isUnreadable()) || outcome instanceof ReadOutcome.Diverging
                    || outcome instanceof ReadOutcome.Elsewhere;
        }

        /// The disk does not give it, or not yet. Who is told so asks again at once; so the fetch waits for something
        /// better for as long as it would wait for records.
        boolean isUnreadable() {
            return error == ErrorCode.KAFKA_STORAGE_ERROR || isIndexing() || isUnproven();
        }

        boolean isUnproven() {
            return outcome instanceof ReadOutcome.Unproven;
        }

        boolean isIndexing() {
            return outcome instanceof ReadOutcome.Indexing;
        }
    }

    /// Receives the answer's parts, in the order of the partitions, once, on the connection's loop. Takes over their
    /// file records.
    public interface Finish {
        void with(List<Part> parts);
    }

    /// As [Slices] counts it: to read a partition that nobody has asked for yet opens its files.
    private static final int READ_COST = 5;
    /// How long an answer waits that has nothing to say but that the disk does not give the records, if its client does
    /// not want to wait at all: it would ask again at once, and each time the disk is asked.
    private static final long UNREADABLE_PAUSE_MS = 100;

    /// So long records of other partitions wait for a proof: without one the reader would get none of them for as long
    /// as it is willing to wait, while nobody decides.
    static final long PROOF_PATIENCE_MS = 1_000;

    /// A client that is answered goes on asking here, and asks here who leads.
    private static final String CUT_OFF = "it has nothing to read here, and others may lead by now: this broker has not"
            + " heard from its cluster for too long";

    private final Shards shards;
    private final java.util.function.Supplier<ClusterImage> cluster;
    private final RequestContext context;
    private final Loop loop;
    private final Terms terms;
    private final List<FetchedPartition> partitions;
    private final Finish finish;

    private final Part[] parts;
    private final List<Visit> visits = new ArrayList<>();
    private int bytesLeft;
    private boolean anyBytes;
    /// Of a partition that was read.
    private boolean cutOff;

    private boolean parked;
    private boolean last;
    private boolean paused;
    private boolean gone;
    private boolean answered;
    private Loop.@Nullable Timer timer;
    private Loop.@Nullable Timer patience;
    /// [#PROOF_PATIENCE_MS] are over.
    private boolean impatient;

    /// The partitions of one owner, and the watches set there while the fetch sleeps.
    private static final class Visit {
        private final Shard shard;
        private final List<Integer> indexes = new ArrayList<>();
        private final List<Watch> watches = new ArrayList<>();
        /// Nothing is watched any more: the fetch has been woken.
        private boolean over = false;

        Visit(Shard shard) {
            this.shard = shard;
        }
    }

    public FetchRun(
            Shards shards,
            java.util.function.Supplier<ClusterImage> cluster,
            RequestContext context,
            Terms terms,
            List<FetchedPartition> partitions,
            Finish finish) {
        this.shards = shards;
        this.cluster = cluster;
        this.context = context;
        this.loop = context.loop();
        this.terms = terms;
        this.partitions = partitions;
        this.finish = finish;
        this.parts = new Part[partitions.size()];
    }

    /// On the connection's loop.
    public void start() {
        last = terms.maxWaitMs() <= 0 || partitions.isEmpty();
        context.onDisconnect(this::abandon);
        read();
    }

    // ---- reading

    private void read() {
        bytesLeft = terms.maxBytes();
        anyBytes = false;
        cutOff = false;
        visits.clear();
        ClusterImage image = cluster.get();
        Map<Shard, Visit> byOwner = new LinkedHashMap<>();
        Slices.each(loop, () -> IntStream.range(0, parts.length).iterator(), i -> {
            FetchedPartition asked = partitions.get(i);
            TopicPartition id = resolve(asked.key(), image);
            if (id == null) {
                boolean byId = asked.key().topic().isEmpty();
                parts[i] = new Part(asked,
                        byId ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, null);
            } else {
                byOwner.computeIfAbsent(shards.of(id), Visit::new).indexes.add(i);
            }
        }, () -> {
            visits.addAll(byOwner.values());
            visit(0, image);
        });
    }

    private static @Nullable TopicPartition resolve(FetchedPartition.Key key, ClusterImage image) {
        TopicImage topic = key.topic().isEmpty() ? image.topic(key.topicId()) : image.topic(key.topic());
        return topic == null ? null : new TopicPartition(topic.name(), key.partition());
    }

    private void visit(int number, ClusterImage image) {
        if (number == visits.size()) {
            loop.run(this::judge);
            return;
        }
        Visit visit = visits.get(number);
        visit.shard.loop().run(() -> {
            Slices.each(visit.shard.loop(), visit.indexes, _ -> READ_COST,
                    index -> parts[index] = readOne(visit.shard, partitions.get(index), proof(index), image),
                    () -> visit(number + 1, image));
        });
    }

    /// That the last read of this fetch waits for; 0 for none.
    private long proof(int index) {
        return parts[index] != null && parts[index].outcome() instanceof ReadOutcome.Unproven unproven
                ? unproven.proof() : 0;
    }

    private Part readOne(Shard shard, FetchedPartition asked, long proof, ClusterImage image) {
        TopicPartition id = requireNonNull(resolve(asked.key(), image), "what is not known is not visited");
        Partition partition = shard.partition(id);
        if (partition == null) {
            return new Part(asked, shard.absence(id), null);
        }
        if (asked.key().topic().isEmpty() && !asked.key().topicId().equals(partition.topicId())) {
            // A namesake has taken its place since the fetch began.
            return new Part(asked, ErrorCode.UNKNOWN_TOPIC_ID, null);
        }
        cutOff |= partition.isCutOff();
        int nearer = terms.nearness().nearer(partition, asked.fetchOffset());
        ReadOutcome outcome = nearer != Nearness.NONE
                ? partition.readElsewhere(nearer, asked.currentLeaderEpoch())
                : partition.read(new ReadRequest(
                        asked.fetchOffset(), Math.max(0, Math.min(asked.maxBytes(), bytesLeft)), terms.isolation(),
                        asked.currentLeaderEpoch(), asked.lastFetchedEpoch(), !anyBytes,
                        terms.nearness().anyReplica(), proof));
        ErrorCode error = switch (outcome) {
            case ReadOutcome.ReadRejected rejected -> rejected.error();
            case ReadOutcome.Unproven _ -> ErrorCode.OFFSET_NOT_AVAILABLE;
            default -> ErrorCode.NONE;
        };
        Part part = new Part(asked, error, outcome);
        bytesLeft -= part.bytes();
        anyBytes |= part.bytes() > 0;
        return part;
    }

    private void judge() {
        if (gone) {
            releaseAll();
            return;
        }
        long bytes = 0;
        boolean urgent = false;
        boolean unreadable = false;
        boolean unproven = false;
        for (Part part : parts) {
            bytes += part.bytes();
            urgent |= part.isUrgent();
            unreadable |= part.isUnreadable();
            unproven |= part.isUnproven();
        }
        // A proof is never there where others' records answer the fetch before it.
        boolean nothing = (unreadable && bytes == 0) || (unproven && !impatient);
        boolean enough = urgent || (bytes >= Math.min(terms.minBytes(), terms.maxBytes()) && !nothing);
        if (nothing && !urgent && !paused && terms.maxWaitMs() < UNREADABLE_PAUSE_MS) {
            paused = true;
            last = false;
            park(UNREADABLE_PAUSE_MS);
        } else if (last || enough || !context.mayWait(parts.length)) {
            end();
            answered = true;
            if (cutOff && bytes == 0 && !urgent) {
                context.close(CUT_OFF);
            } else {
                finish.with(List.of(parts));
            }
        } else {
            if (unproven && patience == null) {
                patience = loop.schedule(PROOF_PATIENCE_MS, () -> {
                    impatient = true;
                    wake();
                });
            }
            park(terms.maxWaitMs());
        }
    }

    private void end() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        if (patience != null) {
            patience.cancel();
        }
    }

    private void releaseAll() {
        for (Part part : parts) {
            if (part != null) {
                part.release();
            }
        }
    }

    // ---- sleeping

    private void park(long ms) {
        releaseAll();
        parked = true;
        if (timer == null) {
            timer = loop.schedule(ms, () -> {
                last = true;
                wake();
            });
        }
        for (Visit visit : visits) {
            visit.shard.loop().run(() -> watch(visit));
        }
    }

    private void watch(Visit visit) {
        Slices.each(visit.shard.loop(), visit.indexes, index -> {
            if (!visit.over) {
                watch(visit, index);
            }
        }, () -> { });
    }

    private void watch(Visit visit, int index) {
        // The topic may have been deleted since it was read.
        TopicPartition id = resolve(partitions.get(index).key(), cluster.get());
        Partition partition = id == null ? null : visit.shard.partition(id);
        if (partition != null && parts[index].isIndexing()) {
            visit.watches.add(partition.onIndexed(() -> loop.run(this::wake)));
            return;
        }
        if (partition != null && parts[index].outcome() instanceof ReadOutcome.Unproven unproven) {
            visit.watches.add(partition.onProven(unproven.proof(), () -> loop.run(this::wake)));
            return;
        }
        if (partition != null && parts[index].isUnreadable()) {
            visit.watches.add(onReadable(partition, Long.MAX_VALUE));
            return;
        }
        if (partition == null || !(parts[index].outcome() instanceof ReadOutcome.Slice seen)) {
            visit.over = true;
            loop.execute(this::wake);
            return;
        }
        boolean committed = terms.isolation() == Isolation.READ_COMMITTED;
        long end = Math.max(partitions.get(index).fetchOffset(),
                committed ? seen.lastStableOffset() : seen.highWatermark());
        long now = committed ? partition.lastStableOffset() : partition.highWatermark();
        if (now > end) {
            visit.over = true;
            loop.execute(this::wake);
            return;
        }
        visit.watches.add(onReadable(partition, end));
    }

    private Watch onReadable(Partition partition, long from) {
        Runnable woken = () -> loop.run(this::wake);
        return terms.nearness().anyReplica()
                ? partition.onReadableHere(terms.isolation(), from, woken)
                : partition.onReadable(terms.isolation(), from, woken);
    }

    /// On the connection's loop; several causes in one turn wake it once.
    private void wake() {
        if (!parked) {
            return;
        }
        parked = false;
        unwatch(0);
    }

    /// Takes the watches back, owner by owner, and then reads again.
    private void unwatch(int number) {
        if (number == visits.size()) {
            loop.run(() -> {
                if (!gone) {
                    read();
                }
            });
            return;
        }
        Visit visit = visits.get(number);
        visit.shard.loop().run(() -> {
            visit.over = true;
            Slices.each(visit.shard.loop(), visit.watches, Watch::cancel, () -> unwatch(number + 1));
        });
    }

    /// The client has gone.
    private void abandon() {
        if (answered) {
            return;
        }
        gone = true;
        end();
        if (parked) {
            parked = false;
            unwatch(0);
        }
        context.replyNothing();
    }
}
