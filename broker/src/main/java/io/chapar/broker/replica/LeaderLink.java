package io.chapar.broker.replica;

import io.chapar.broker.partition.Following;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.shard.Shards;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import static java.util.Objects.requireNonNull;

/// The link from one loop of a follower to one broker that leads, at the follower: performs what the [FollowerCore] of
/// each loop there wants. It is dialled for as long as anything is followed over it, after pauses that double from try
/// to try until something has been received. On the follower's loop.
final class LeaderLink implements FollowStreams.Events {
    static final int CREDIT_BYTES = 4 << 20;
    static final long FIRST_PAUSE_MS = 20;
    static final long LONGEST_PAUSE_MS = 1_000;

    private final int leader;
    private final Loop loop;
    private final FollowStreams streams;
    private final Runnable turn;
    private final Map<TopicPartition, Followed> followed = new LinkedHashMap<>();
    private FollowStreams.@Nullable Link link;
    /// One for each loop of the leader; none before that is known.
    private List<Stream> leaderLoops = List.of();
    private Loop.@Nullable Timer dialling;
    private Loop.@Nullable Timer timer;
    private long timerAtMs = Long.MAX_VALUE;
    private long pauseMs = FIRST_PAUSE_MS;

    private static final class Followed {
        private final Partition partition;
        /// In which it is being cut; null while it is not.
        private @Nullable Stream cutting;

        Followed(Partition partition) {
            this.partition = partition;
        }
    }

    /// @param turn plans a call of [#turnEnded]
    LeaderLink(int leader, Loop loop, FollowStreams streams, Runnable turn) {
        this.leader = leader;
        this.loop = loop;
        this.streams = streams;
        this.turn = turn;
    }

    // ---- what is followed

    void follow(Partition partition) {
        Followed one = new Followed(partition);
        followed.put(partition.id(), one);
        if (link == null && dialling == null) {
            dial();
        } else if (!leaderLoops.isEmpty()) {
            begin(one);
        }
    }

    private void begin(Followed one) {
        Following following = one.partition.following();
        if (following != null) {
            TopicPartition id = one.partition.id();
            Stream stream = stream(id);
            stream.core.follow(id, one.partition.topicId(), following.epoch(), following.logEnd(),
                    following.lastEpoch(), stream::perform);
            stream.core.synced(id, following.synced());
            turn.run();
        }
    }

    void leave(TopicPartition id) {
        if (followed.remove(id) != null && !leaderLoops.isEmpty()) {
            Stream stream = stream(id);
            stream.core.leave(id, stream::perform);
        }
    }

    void synced(Partition partition) {
        Following following = partition.following();
        if (following != null && !leaderLoops.isEmpty()) {
            stream(partition.id()).core.synced(partition.id(), following.synced());
        }
    }

    private Stream stream(TopicPartition id) {
        return leaderLoops.get(Shards.indexOf(id.topic(), id.partition(), leaderLoops.size()));
    }

    // ---- the link

    private void dial() {
        dialling = null;
        if (!followed.isEmpty()) {
            link = streams.open(leader, loop, this);
        }
    }

    @Override
    public void begun(int loops) {
        List<Stream> all = new ArrayList<>();
        for (int i = 0; i < loops; i++) {
            all.add(new Stream(i));
        }
        leaderLoops = all;
        all.forEach(stream -> stream.core.linked(stream::perform));
        followed.values().forEach(one -> {
            if (one.cutting == null) {
                begin(one);
            }
        });
        turn.run();
    }

    @Override
    public void received(int leaderLoop, List<FollowMessage.ToFollower> frame) {
        pauseMs = FIRST_PAUSE_MS;
        Stream stream = leaderLoops.get(leaderLoop);
        frame.forEach(message -> stream.core.received(message, loop.nowMs(), stream::perform));
        turn.run();
    }

    @Override
    public void ended(String why) {
        link = null;
        leaderLoops = List.of();
        dialling = loop.schedule(pauseMs, this::dial);
        pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
    }

    /// Tells the leader all that has been done in this turn.
    void turnEnded() {
        if (followed.isEmpty() && link != null) {
            link.close();
            link = null;
            leaderLoops = List.of();
        }
        leaderLoops.forEach(Stream::turnEnded);
        arm();
    }

    private void arm() {
        long nextMs = leaderLoops.stream().mapToLong(stream -> stream.core.nextMs()).min().orElse(Long.MAX_VALUE);
        if (nextMs == timerAtMs) {
            return;
        }
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
        timerAtMs = nextMs;
        if (nextMs != Long.MAX_VALUE) {
            timer = loop.schedule(Math.max(0, nextMs - loop.nowMs()), () -> {
                timerAtMs = Long.MAX_VALUE;
                leaderLoops.forEach(stream -> stream.core.tick(loop.nowMs(), stream::perform));
                turn.run();
            });
        }
    }

    // ---- a loop of the leader

    private final class Stream {
        private final int leaderLoop;
        private final FollowerCore core = new FollowerCore(CREDIT_BYTES, this::open);
        private List<FollowMessage.ToLeader> outbox = new ArrayList<>();

        Stream(int leaderLoop) {
            this.leaderLoop = leaderLoop;
        }

        void turnEnded() {
            core.turnEnded(this::perform);
            if (!outbox.isEmpty()) {
                List<FollowMessage.ToLeader> frame = outbox;
                outbox = new ArrayList<>();
                requireNonNull(link, "a stream is of a link").send(leaderLoop, frame);
            }
        }

        void perform(FollowerEffect effect) {
            switch (effect) {
                case FollowerEffect.Send(FollowMessage.ToLeader message) -> outbox.add(message);
                case FollowerEffect.Append append -> append(append);
                case FollowerEffect.Advance(TopicPartition id, long highWatermark, long logStart) -> {
                    Following following = following(id);
                    if (following != null) {
                        following.advance(highWatermark, logStart);
                    }
                }
                case FollowerEffect.SyncAtOnce(TopicPartition id, boolean wanted) -> {
                    Following following = following(id);
                    if (following != null) {
                        following.syncAtOnce(wanted);
                        core.synced(id, following.synced());
                    }
                }
                case FollowerEffect.Truncate(TopicPartition id, int epoch, long end) ->
                    cut(id, (following, then) -> following.cut(epoch, end, then));
                case FollowerEffect.BeginAnew(TopicPartition id, long logStart) ->
                    cut(id, (following, then) -> following.beginAnew(logStart, then));
            }
        }

        private List<Long> open(TopicPartition id) {
            Following following = following(id);
            return following == null ? List.of() : following.open();
        }

        private @Nullable Following following(TopicPartition id) {
            Followed one = followed.get(id);
            return one == null ? null : one.partition.following();
        }

        private void append(FollowerEffect.Append effect) {
            TopicPartition id = effect.partition();
            Following following = following(id);
            if (following == null) {
                return;
            }
            if (following.append(effect.bytes())) {
                core.appended(id, effect.next(), following.lastEpoch());
            } else {
                core.notAppended(id, loop.nowMs(), this::perform);
            }
        }

        private void cut(TopicPartition id, Cut cut) {
            Followed one = followed.get(id);
            Following following = following(id);
            if (one != null && following != null) {
                one.cutting = this;
                cut.begin(following, () -> wasCut(id, one));
            }
        }
    }

    @FunctionalInterface
    private interface Cut {
        void begin(Following following, Runnable then);
    }

    private void wasCut(TopicPartition id, Followed one) {
        Stream where = one.cutting;
        one.cutting = null;
        Following following = one.partition.following();
        if (followed.get(id) != one || following == null || leaderLoops.isEmpty()) {
            return;
        }
        Stream stream = stream(id);
        if (stream == where) {
            stream.core.truncated(id, following.logEnd(), following.lastEpoch(), stream::perform);
            // A sync may have ended meanwhile, and there is nothing left that another would be for.
            stream.core.synced(id, following.synced());
        } else {
            begin(one);
        }
        turn.run();
    }
}
