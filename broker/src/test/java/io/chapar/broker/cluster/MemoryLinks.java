package io.chapar.broker.cluster;

import io.chapar.broker.replica.FollowMessage;
import io.chapar.broker.replica.FollowMessage.Batches;
import io.chapar.broker.replica.FollowStreams;
import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// Links of followers between brokers in one thread: how long frames take, and where a link ends, is drawn. What was
/// under way when it ends arrives up to some point.
final class MemoryLinks {
    private final Reachable reachable;
    private final Loop outside;
    private final Random random;
    private final long slowestMs;
    private final List<MemoryLink> open = new ArrayList<>();
    private int breakEvery;
    private int slowNode;
    private long slowMs;

    interface Reachable {
        FollowStreams.@Nullable Accepting accepting(int from, int to);
    }

    MemoryLinks(Reachable reachable, Loop outside, Random random, long slowestMs) {
        this.reachable = reachable;
        this.outside = outside;
        this.random = random;
        this.slowestMs = slowestMs;
    }

    FollowStreams from(int node, long epoch) {
        return (leader, loop, events) -> {
            MemoryLink link = new MemoryLink(new FollowStreams.Follower(node, epoch, 0), leader, loop, events);
            open.add(link);
            outside.schedule(delayMs(), link::arrive);
            return link;
        };
    }

    void breakEvery(int frames) {
        breakEvery = frames;
    }

    /// What this broker says as a follower takes so much longer from now on.
    void slow(int node, long ms) {
        slowNode = node;
        slowMs = ms;
    }

    void breakAll(int node) {
        List.copyOf(open).forEach(link -> {
            if (link.who.node() == node || link.leader == node) {
                link.cut("broker " + node + " is gone");
            }
        });
    }

    private long delayMs() {
        return slowestMs == 0 ? 0 : random.nextLong(slowestMs + 1);
    }

    private final class MemoryLink implements FollowStreams.Link {
        private final FollowStreams.Follower who;
        private final int leader;
        private final Loop loop;
        private final FollowStreams.Events events;
        private FollowStreams.@Nullable Accepted accepted;
        private boolean closed;
        private boolean over;
        private long upAtMs;
        private long downAtMs;
        /// What arrives later than that does not.
        private long cutAtMs = Long.MAX_VALUE;

        MemoryLink(FollowStreams.Follower who, int leader, Loop loop, FollowStreams.Events events) {
            this.who = who;
            this.leader = leader;
            this.loop = loop;
            this.events = events;
        }

        private void arrive() {
            FollowStreams.Accepting accepting = over ? null : reachable.accepting(who.node(), leader);
            if (accepting == null) {
                cut("broker " + leader + " cannot be reached");
                return;
            }
            accepted = accepting.accept(who, new BackOf(this));
            int loops = accepting.loops();
            down(() -> events.begun(loops));
        }

        @Override
        public void send(int leaderLoop, List<FollowMessage.ToLeader> frame) {
            upAtMs = Math.max(upAtMs,
                    outside.nowMs() + delayMs() + (who.node() == slowNode ? slowMs : 0));
            at(upAtMs, () -> {
                if (accepted != null) {
                    accepted.received(leaderLoop, frame);
                }
            });
            maybeCut();
        }

        private void sendBack(int leaderLoop, List<FollowMessage.ToFollower> frame) {
            down(() -> {
                List<FollowMessage.ToFollower> copies = frame.stream().map(MemoryLinks::copy).toList();
                events.received(leaderLoop, copies);
                copies.forEach(MemoryLinks::spoil);
            });
            maybeCut();
        }

        private void down(Runnable task) {
            downAtMs = Math.max(downAtMs, outside.nowMs() + delayMs());
            at(downAtMs, () -> loop.execute(() -> {
                if (!closed) {
                    task.run();
                }
            }));
        }

        private void at(long atMs, Runnable task) {
            outside.schedule(atMs - outside.nowMs(), () -> {
                if (atMs <= cutAtMs) {
                    task.run();
                }
            });
        }

        private void maybeCut() {
            if (breakEvery > 0 && random.nextInt(breakEvery) == 0) {
                cut("the connection broke");
            }
        }

        @Override
        public void close() {
            closed = true;
            cut("closed");
        }

        private void cut(String why) {
            if (over) {
                return;
            }
            over = true;
            open.remove(this);
            long now = outside.nowMs();
            cutAtMs = now + delayMs();
            outside.schedule(cutAtMs - now + delayMs() + 1, () -> {
                if (accepted != null) {
                    accepted.ended();
                }
            });
            outside.schedule(cutAtMs - now + delayMs() + 1, () -> loop.execute(() -> {
                if (!closed) {
                    closed = true;
                    events.ended(why);
                }
            }));
        }
    }

    private record BackOf(MemoryLink link) implements FollowStreams.Back {
        @Override
        public void send(int leaderLoop, List<FollowMessage.ToFollower> frame) {
            link.sendBack(leaderLoop, frame);
        }

        @Override
        public void end(String why) {
            link.cut(why);
        }
    }

    private static FollowMessage.ToFollower copy(FollowMessage.ToFollower message) {
        return message instanceof Batches(int slot, long from, long next, long committed, long start, ByteBuffer bytes)
                ? new Batches(slot, from, next, committed, start,
                        ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip())
                : message;
    }

    private static void spoil(FollowMessage.ToFollower message) {
        if (message instanceof Batches batches) {
            batches.bytes().clear();
            while (batches.bytes().hasRemaining()) {
                batches.bytes().put((byte) 0x5a);
            }
        }
    }
}
