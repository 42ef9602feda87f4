package io.chapar.broker.share.state;

import io.chapar.broker.budget.Budget;
import io.chapar.protocol.ErrorCode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Whatever leaders ask, the log and time do: the log tells the same story, whoever is fenced changes nothing, and what
/// is pruned is not needed.
class ShareStateProperties {
    private record Entry(ByteBuffer key, ByteBuffer value) {}

    private static final class World {
        final SplittableRandom random;
        final ShareStateCore.Limits limits = new ShareStateCore.Limits(4, 1_000);
        ShareStateCore core = new ShareStateCore(limits, Budget.unbounded());
        final List<Entry> log = new ArrayList<>();
        final Deque<ShareStateEffect.Append> held = new ArrayDeque<>();
        final Map<Long, ShareStateReply> replies = new LinkedHashMap<>();
        long logStart = 0;
        long requests = 0;
        long nowMs = 1_000_000;

        World(long seed) {
            random = new SplittableRandom(seed);
            core.start(nowMs);
        }

        void take(ShareStateEffect effect) {
            switch (effect) {
                case ShareStateEffect.Append append -> held.addLast(append);
                case ShareStateEffect.Reply reply -> replies.put(reply.request(), reply.reply());
                case ShareStateEffect.Prune prune -> {
                    assertTrue(prune.before() <= log.size());
                    logStart = prune.before();
                }
            }
        }

        void commit() {
            if (!held.isEmpty()) {
                ShareStateEffect.Append append = held.removeFirst();
                log.add(new Entry(ShareStateRecordCodec.key(append.record()),
                        ShareStateRecordCodec.value(append.record())));
                core.committed(append.id(), log.size() - 1, nowMs, this::take);
            }
        }

        ShareStateCore replay() {
            ShareStateCore other = new ShareStateCore(limits, Budget.unbounded());
            for (int offset = (int) logStart; offset < log.size(); offset++) {
                ShareStateRecord record = ShareStateRecordCodec.read(log.get(offset).key(), log.get(offset).value());
                other.replay(record, offset);
            }
            return other;
        }

        ShareKey key() {
            return new ShareKey("g" + random.nextInt(2), new UUID(0, random.nextInt(2)), random.nextInt(2));
        }

        ShareStateCommand command() {
            return switch (random.nextInt(10)) {
                case 0 -> new ShareStateCommand.Initialize(key(), random.nextInt(3), random.nextInt(2) - 1);
                case 1 -> new ShareStateCommand.Read(key(), random.nextInt(3));
                case 2 -> random.nextInt(5) == 0
                        ? new ShareStateCommand.Delete(key()) : new ShareStateCommand.Summarize(key());
                default -> new ShareStateCommand.Write(
                        key(), random.nextInt(3), random.nextInt(3), random.nextInt(30) - 1, random.nextInt(5),
                        batches());
            };
        }

        private List<StateBatch> batches() {
            List<StateBatch> all = new ArrayList<>();
            long at = random.nextInt(30);
            for (int i = random.nextInt(4); i > 0; i--) {
                long last = at + random.nextInt(6);
                byte state = new byte[] {StateBatch.AVAILABLE, StateBatch.ACKNOWLEDGED, StateBatch.ARCHIVED}[
                        random.nextInt(3)];
                all.add(new StateBatch(at, last, state, (short) random.nextInt(1, 3)));
                at = last + 1 + random.nextInt(3);
            }
            return all;
        }
    }

    @Property(tries = 200, shrinking = ShrinkingMode.OFF)
    void theLogTellsTheSameStory(@ForAll long seed) {
        World world = new World(seed);
        for (int i = 0; i < 400; i++) {
            switch (world.random.nextInt(8)) {
                case 0, 1, 2, 3 -> world.core.submit(
                        ++world.requests, world.command(), world.nowMs, world::take);
                case 4 -> {
                    world.nowMs += world.random.nextInt(400);
                    world.core.tick(world.nowMs, world::take);
                }
                case 5 -> {
                    if (!world.held.isEmpty() && world.random.nextInt(4) == 0) {
                        world.core.failed(world.held.removeFirst().id(), ErrorCode.COORDINATOR_NOT_AVAILABLE,
                                world.nowMs, world::take);
                    }
                }
                default -> world.commit();
            }
            assertEquals(world.core.durableState(), world.replay().durableState(), () -> "seed " + seed);
        }
        while (!world.held.isEmpty()) {
            world.commit();
        }
        assertEquals(world.requests, world.replies.size(), () -> "each is answered once, seed " + seed);
    }

    @Property(tries = 50, shrinking = ShrinkingMode.OFF)
    void whoIsFencedChangesNothing(@ForAll long seed) {
        World world = new World(seed);
        ShareKey key = world.key();
        world.core.submit(++world.requests, new ShareStateCommand.Initialize(key, 5, 7), world.nowMs, world::take);
        world.commit();
        world.core.submit(++world.requests, new ShareStateCommand.Read(key, 3), world.nowMs, world::take);
        world.commit();
        String before = world.core.durableState();
        world.core.submit(++world.requests, new ShareStateCommand.Write(key, 5, 2, 9, 0, List.of()), world.nowMs,
                world::take);
        assertEquals(ErrorCode.FENCED_LEADER_EPOCH, world.replies.get(world.requests).error());
        world.core.submit(++world.requests, new ShareStateCommand.Write(key, 4, 3, 9, 0, List.of()), world.nowMs,
                world::take);
        assertEquals(ErrorCode.FENCED_STATE_EPOCH, world.replies.get(world.requests).error());
        world.core.submit(++world.requests, new ShareStateCommand.Initialize(key, 4, 1), world.nowMs, world::take);
        assertEquals(ErrorCode.FENCED_STATE_EPOCH, world.replies.get(world.requests).error());
        world.core.submit(++world.requests, new ShareStateCommand.Initialize(key, 5, -1), world.nowMs, world::take);
        assertEquals(ErrorCode.NONE, world.replies.get(world.requests).error());
        assertEquals(before, world.core.durableState());
        world.core.submit(++world.requests, new ShareStateCommand.Write(key, 5, 4, 9, 0, List.of()), world.nowMs,
                world::take);
        world.commit();
        assertEquals(ErrorCode.NONE, world.replies.get(world.requests).error());
    }
}
