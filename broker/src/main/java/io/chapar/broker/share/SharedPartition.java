package io.chapar.broker.share;

import io.chapar.broker.log.FileRecords;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.partition.OffsetAtTime;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.ReadOutcome;
import io.chapar.broker.partition.ReadRequest;
import io.chapar.broker.partition.Watch;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.share.ShareHost.Opened;
import io.chapar.broker.share.ShareHost.Ready;
import io.chapar.broker.share.ShareHost.Refused;
import io.chapar.broker.share.state.ShareKey;
import io.chapar.broker.share.state.ShareStateCommand;
import io.chapar.broker.share.state.ShareStateCommand.Read;
import io.chapar.broker.share.state.ShareStateReply;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/// A [SharePartition] in one leadership of its partition, from when what is kept of it is asked for. On the partition's
/// loop.
final class SharedPartition {
    private static final int FIRST_BYTES = 64 << 10;
    private static final int LEAST_BYTES = 16 << 10;
    private static final int BYTES = 1_000;
    private static final int BYTES_OF_RUN = 150;
    /// A partition with so few goes on, however much others keep.
    static final int FEW_RUNS = 20;

    private final ShareHost host;
    private final Loop loop;
    private final ShareKey key;
    private final Partition partition;
    private final int leaderEpoch;
    private final List<Consumer<Opened>> opening = new ArrayList<>();
    private final Map<Long, Consumer<ErrorCode>> acknowledging = new LinkedHashMap<>();
    private final Set<String> holders = new LinkedHashSet<>();
    private final ShareHost.Watchers watchers = new ShareHost.Watchers();
    /// Null until what is kept is known.
    private @Nullable SharePartition core;
    private int stateEpoch;
    private boolean isOver = false;
    private long lastRequest = 0;
    private int bytesPerRecord = 0;
    /// The last look found an index that is being built.
    private boolean isIndexing = false;
    /// What whoever comes is told once it is over.
    private @Nullable Refused over;
    private Loop.@Nullable Timer timer;
    private long timerAtMs = Long.MAX_VALUE;
    /// Bytes that its host knows of.
    private long kept = 0;

    SharedPartition(ShareHost host, ShareKey key, Partition partition) {
        this.host = host;
        this.loop = host.loop();
        this.key = key;
        this.partition = partition;
        this.leaderEpoch = partition.leaderEpoch();
    }

    ShareKey key() {
        return key;
    }

    boolean isOf(Partition now) {
        return partition.equals(now) && now.leaderEpoch() == leaderEpoch && now.refusal() == ErrorCode.NONE;
    }

    private ShareRules rules() {
        return host.rules(key.groupId());
    }

    // ---- begin

    void begin() {
        host.states().submit(new Read(key, leaderEpoch), host.caller(), reply -> {
            if (isOver) {
                return;
            }
            if (reply.error() != ErrorCode.NONE) {
                end(reply.error());
                return;
            }
            stateEpoch = reply.stateEpoch();
            if (reply.startOffset() >= 0) {
                beginWith(reply);
            } else {
                findStart();
            }
        });
    }

    /// Where the group begins is written before anybody gets a record: it is the same whatever happens then.
    private void findStart() {
        ShareRules.Reset reset = rules().reset();
        if (reset.isEarliest()) {
            startAt(partition.logStartOffset());
        } else if (reset.agoMs() == null && partition.isAtItsBeginning()) {
            // What was committed before ends further on, perhaps.
            end(ErrorCode.OFFSET_NOT_AVAILABLE);
        } else if (reset.agoMs() == null) {
            startAt(partition.highWatermark());
        } else {
            // Times below 0 have meanings of their own.
            long from = Math.max(0, loop.wallClockMs() - reset.agoMs());
            partition.offsetForTimestamp(from, Isolation.READ_UNCOMMITTED, -1, found -> {
                if (!isOver) {
                    switch (found) {
                        case OffsetAtTime.Found at -> startAt(at.offset());
                        case OffsetAtTime.None _ -> startAt(partition.highWatermark());
                        case OffsetAtTime.Refused no -> end(no.error());
                    }
                }
            });
        }
    }

    private void startAt(long offset) {
        ShareStateReply begun = new ShareStateReply(ErrorCode.NONE, stateEpoch, leaderEpoch, offset, 0, List.of());
        write(new ShareEffect.Write(offset, 0, List.of()), () -> beginWith(begun));
    }

    private void beginWith(ShareStateReply kept) {
        core = new SharePartition(kept.startOffset(), kept.batches());
        List<Consumer<Opened>> all = new ArrayList<>(opening);
        opening.clear();
        count();
        all.forEach(this::whenBegun);
        giveUpIfUnused();
    }

    ShareHost.Asked asked() {
        return over != null ? over : core != null ? new Ready(this) : new ShareHost.Opening(this);
    }

    /// `then` runs now, where it has begun or is over already; else when it does, unless that is given up.
    Watch whenBegun(Consumer<Opened> then) {
        if (asked() instanceof Opened how) {
            then.accept(how);
            return () -> {};
        }
        opening.add(then);
        return () -> opening.remove(then);
    }

    /// Whoever is to acquire something keeps it from being given up until it [leaves][#leave].
    void holdFor(String holder) {
        holders.add(holder);
    }

    // ---- what the core wants

    private interface Step {
        void at(long nowMs, Consumer<ShareEffect> out);
    }

    private void step(Step step) {
        List<ShareEffect> effects = new ArrayList<>();
        step.at(loop.nowMs(), effects::add);
        for (ShareEffect effect : effects) {
            switch (effect) {
                case ShareEffect.Write write -> write(write, () -> step((_, out) -> begun().written(out)));
                case ShareEffect.Answer answer -> {
                    Consumer<ErrorCode> who = acknowledging.remove(answer.request());
                    if (who != null) {
                        who.accept(answer.error());
                    }
                }
                case ShareEffect.Available _ -> watchers.wakeAll();
            }
        }
        count();
        armTimer();
        giveUpIfUnused();
    }

    private void count() {
        long now = isOver || core == null ? 0 : BYTES + (long) BYTES_OF_RUN * core.runs();
        host.keeps(now - kept);
        kept = now;
    }

    private SharePartition begun() {
        if (core == null) {
            throw new IllegalStateException(key + " is not begun");
        }
        return core;
    }

    private void write(ShareEffect.Write write, Runnable then) {
        host.states().submit(
                new ShareStateCommand.Write(key, stateEpoch, leaderEpoch, write.startOffset(), write.completeCount(),
                        write.batches()),
                host.caller(), reply -> {
                    if (isOver) {
                        return;
                    }
                    if (reply.error() == ErrorCode.NONE) {
                        then.run();
                    } else {
                        // Whether it was written is not known: what is kept then says so.
                        end(reply.error());
                    }
                });
    }

    // ---- end

    void end(ErrorCode why) {
        if (isOver) {
            return;
        }
        isOver = true;
        host.forget(this);
        count();
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        List<Consumer<Opened>> opened = new ArrayList<>(opening);
        opening.clear();
        List<Consumer<ErrorCode>> asked = new ArrayList<>(acknowledging.values());
        acknowledging.clear();
        Refused refused = new Refused(told(why), isPassing(why));
        over = refused;
        opened.forEach(one -> one.accept(refused));
        asked.forEach(one -> one.accept(told(why)));
        watchers.wakeAll();
    }

    private static boolean isPassing(ErrorCode error) {
        return switch (error) {
            case NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, FENCED_STATE_EPOCH,
                    OFFSET_NOT_AVAILABLE -> true;
            default -> false;
        };
    }

    /// Whoever leads the partition anew knows what became of it.
    private static ErrorCode told(ErrorCode error) {
        return switch (error) {
            case FENCED_LEADER_EPOCH, FENCED_STATE_EPOCH, OFFSET_NOT_AVAILABLE -> ErrorCode.NOT_LEADER_OR_FOLLOWER;
            default -> error;
        };
    }

    /// In a later turn, when nobody has come meanwhile: whoever says something of records may take some next, and
    /// others may have waited for the beginning with it.
    private void giveUpIfUnused() {
        if (isUnused()) {
            loop.execute(() -> {
                if (isUnused()) {
                    end(ErrorCode.NOT_LEADER_OR_FOLLOWER);
                }
            });
        }
    }

    private boolean isUnused() {
        return !isOver && holders.isEmpty() && core != null && core.isQuiet() && acknowledging.isEmpty();
    }

    void leave(String holder) {
        holders.remove(holder);
        if (partition.refusal() == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) {
            // It was deleted: there is nothing to give back.
            end(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
        } else if (core != null) {
            step((_, out) -> begun().release(holder, out));
        }
    }

    // ---- acknowledge

    void acknowledge(String holder, List<Acknowledged> batches, Consumer<ErrorCode> done) {
        long request = ++lastRequest;
        acknowledging.put(request, done);
        ShareRules rules = rules();
        step((nowMs, out) -> begun().acknowledge(request, holder, batches, rules, nowMs, out));
    }

    // ---- acquire

    /// What one look came to.
    sealed interface Got {}

    record Records(ShareSlice slice, List<Acquired> acquired) implements Got {}

    record Nothing() implements Got {}

    record Failed(ErrorCode error) implements Got {}

    /// Memory for what is read until it is sent.
    interface Room {
        /// Whether so many bytes more fit; then they are taken.
        boolean take(long bytes);

        /// What was taken, and nothing of it is to be sent.
        void giveBack(long bytes);
    }

    /// @param room without it there is one small read; taken no longer than what is acquired is in memory
    Got acquire(String holder, int maxBytes, int most, boolean exact, Room room) {
        holdFor(holder);
        ShareRules rules = rules();
        step((_, out) -> begun().logStartsAt(partition.logStartOffset(), out));
        long from = isOver ? -1 : readFrom(rules);
        isIndexing = false;
        if (from < 0) {
            return new Nothing();
        }
        long wanted = bytesPerRecord == 0 ? FIRST_BYTES : Math.max(LEAST_BYTES, 2L * bytesPerRecord * most);
        ReadOutcome outcome = read(from, (int) Math.min(maxBytes, wanted), rules);
        long taken = 0;
        if (outcome instanceof ReadOutcome.Slice large && large.records().sizeInBytes() > LEAST_BYTES) {
            if (room.take(large.records().sizeInBytes())) {
                taken = large.records().sizeInBytes();
            } else {
                release(large);
                outcome = read(from, LEAST_BYTES, rules);
            }
        }
        Got got = got(outcome, holder, from, most, exact, rules);
        if (taken > 0 && !(got instanceof Records)) {
            room.giveBack(taken);
        }
        return got;
    }

    private Got got(ReadOutcome outcome, String holder, long from, int most, boolean exact, ShareRules rules) {
        return switch (outcome) {
            case ReadOutcome.Slice slice -> take(slice, holder, from, most, exact, rules);
            case ReadOutcome.Indexing _ -> {
                isIndexing = true;
                yield new Nothing();
            }
            case ReadOutcome.Diverging _, ReadOutcome.Elsewhere _, ReadOutcome.Unproven _ -> new Nothing();
            case ReadOutcome.ReadRejected no when no.error() == ErrorCode.OFFSET_OUT_OF_RANGE -> new Nothing();
            case ReadOutcome.ReadRejected no -> new Failed(no.error());
        };
    }

    private ReadOutcome read(long from, int maxBytes, ShareRules rules) {
        return partition.read(new ReadRequest(from, maxBytes, rules.isolation(), -1, -1, true));
    }

    private static void release(ReadOutcome.Slice slice) {
        if (slice.records() instanceof FileRecords file) {
            file.release();
        }
    }

    private Got take(
            ReadOutcome.Slice slice, String holder, long from, int most, boolean exact, ShareRules rules) {
        ShareSlice read;
        try {
            read = ShareSlice.of(slice);
        } catch (IOException e) {
            partition.readFailed(e);
            return new Failed(ErrorCode.KAFKA_STORAGE_ERROR);
        }
        if (read.isEmpty()) {
            return new Nothing();
        }
        bytesPerRecord = read.bytesPerOffset();
        List<Acquired> acquired = new ArrayList<>();
        step((nowMs, out) -> acquired.addAll(
                begun().acquire(holder, from, read.extents(), most, exact, rules, nowMs, out)));
        return acquired.isEmpty() || isOver ? new Nothing() : new Records(read.around(acquired), acquired);
    }

    /// As [SharePartition#readFrom]; what nobody has had yet waits while the broker keeps as much as it may. There is
    /// something before it then, which time or a write goes on with.
    private long readFrom(ShareRules rules) {
        long from = begun().readFrom(rules);
        return from == begun().end() && begun().runs() > FEW_RUNS && host.isFull() ? -1 : from;
    }

    /// Wakes once there may be something to acquire, or no point in waiting. One-shot.
    Watch watch(Runnable wake) {
        Watch inside = watchers.add(wake);
        ShareRules rules = rules();
        long from = readFrom(rules);
        if (from < 0) {
            return inside;
        }
        Watch log = isIndexing ? partition.onIndexed(wake) : partition.onReadable(rules.isolation(), from, wake);
        return () -> {
            inside.cancel();
            log.cancel();
        };
    }

    // ---- time

    private void armTimer() {
        long dueMs = isOver || core == null ? Long.MAX_VALUE : core.nextDeadlineMs();
        if (dueMs >= timerAtMs && timer != null) {
            return;
        }
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        timerAtMs = dueMs;
        if (dueMs != Long.MAX_VALUE) {
            timer = loop.schedule(Math.max(0, dueMs - loop.nowMs()), this::onTimer);
        }
    }

    private void onTimer() {
        timer = null;
        timerAtMs = Long.MAX_VALUE;
        if (isOver) {
            return;
        }
        if (partition.leaderEpoch() != leaderEpoch || partition.refusal() != ErrorCode.NONE) {
            end(ErrorCode.NOT_LEADER_OR_FOLLOWER);
            return;
        }
        ShareRules rules = rules();
        step((nowMs, out) -> begun().tick(rules, nowMs, out));
    }
}
