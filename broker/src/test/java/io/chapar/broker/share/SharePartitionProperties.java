package io.chapar.broker.share;

import io.chapar.broker.partition.Isolation;
import io.chapar.broker.share.state.StateBatch;
import io.chapar.protocol.ErrorCode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Whatever members, the log, the writer of states and time do: a record is with one member at a time, nobody gets one
/// again that somebody has accepted and was told so, none is lost, and none is delivered more often than it may be.
class SharePartitionProperties {
    private static final int LOG = 200;
    private static final int LIMIT = 3;
    private static final int LOCKS = 40;
    private static final ShareRules RULES = new ShareRules(
            1_000, LIMIT, LOCKS, true, Isolation.READ_UNCOMMITTED, ShareRules.Reset.EARLIEST);

    /// What is kept of an offset.
    private record Kept(byte state, int deliveries) {}

    private record Held(String holder, long untilMs) {}

    private static final class World {
        final SplittableRandom random;
        final List<Extent> log = new ArrayList<>();
        /// As the writer of states has it.
        final Map<Long, Kept> kept = new TreeMap<>();
        long keptStart = 0;
        SharePartition core = new SharePartition(0, List.of());
        final Deque<ShareEffect.Write> writes = new ArrayDeque<>();
        /// By request: what was accepted in it.
        final Map<Long, List<Long>> accepting = new LinkedHashMap<>();
        final Map<Long, Held> held = new TreeMap<>();
        final Map<Long, Integer> delivered = new TreeMap<>();
        /// Somebody was told that it is accepted.
        final Map<Long, Boolean> accepted = new TreeMap<>();
        /// Accepted or rejected, and perhaps written.
        final Map<Long, Boolean> given = new TreeMap<>();
        final String seedText;
        long logStart = 0;
        long nowMs = 1_000_000;
        long requests = 0;
        int lives = 0;

        World(long seed) {
            seedText = "seed " + seed;
            random = new SplittableRandom(seed);
            for (long at = 0; at < LOG; ) {
                long last = Math.min(LOG - 1, at + random.nextInt(1, 12));
                if (random.nextInt(6) > 0 || last == LOG - 1) {
                    log.add(new Extent(at, last, last == LOG - 1 || random.nextInt(5) > 0));
                }
                at = last + 1;
            }
        }

        void take(ShareEffect effect) {
            switch (effect) {
                case ShareEffect.Write write -> {
                    assertTrue(writes.isEmpty(), "one write at a time");
                    writes.add(write);
                }
                case ShareEffect.Answer answer -> {
                    List<Long> offsets = accepting.remove(answer.request());
                    if (answer.error() == ErrorCode.NONE && offsets != null) {
                        offsets.forEach(offset -> accepted.put(offset, true));
                    }
                }
                case ShareEffect.Available _ -> { }
            }
        }

        void acquire(String holder) {
            core.logStartsAt(logStart, this::take);
            long from = core.readFrom(RULES);
            if (from < 0) {
                return;
            }
            List<Extent> read = new ArrayList<>();
            int batches = random.nextInt(1, 5);
            for (Extent extent : log) {
                if (extent.last() >= from && read.size() < batches) {
                    read.add(extent);
                }
            }
            for (Acquired one : core.acquire(holder, from, read, random.nextInt(1, 20), random.nextBoolean(), RULES,
                    nowMs, this::take)) {
                for (long offset = one.first(); offset <= one.last(); offset++) {
                    acquired(holder, offset, one.deliveries());
                }
            }
            // Of what a leader before had given and nobody knows any more there may be more.
            assertTrue(lives > 0 || core.inFlight() <= LOCKS, () -> "in flight " + seedText);
        }

        private void acquired(String holder, long offset, int deliveries) {
            String what = offset + " " + seedText;
            Held other = held.get(offset);
            assertTrue(other == null || other.untilMs() <= nowMs, () -> "is with another: " + what);
            assertTrue(!accepted.containsKey(offset), () -> "was accepted: " + what);
            assertTrue(offset >= logStart, () -> "is gone: " + what);
            assertTrue(log.stream().noneMatch(one ->
                    one.first() <= offset && offset <= one.last() && !one.isDelivered()),
                    () -> "not for members " + what);
            assertTrue(deliveries <= LIMIT, () -> "too often: " + what);
            if (lives == 0) {
                assertEquals(delivered.getOrDefault(offset, 0) + 1, deliveries, () -> "count of " + what);
            }
            delivered.merge(offset, 1, Integer::sum);
            held.put(offset, new Held(holder, nowMs + RULES.lockMs()));
        }

        void acknowledge(String holder) {
            List<Long> mine = new ArrayList<>();
            held.forEach((offset, who) -> {
                if (who.holder().equals(holder)) {
                    mine.add(offset);
                }
            });
            if (mine.isEmpty()) {
                return;
            }
            int from = random.nextInt(mine.size());
            int to = from;
            while (to + 1 < mine.size() && mine.get(to + 1) == mine.get(to) + 1 && random.nextInt(8) > 0) {
                to++;
            }
            byte[] types = new byte[random.nextInt(3) == 0 ? 1 : to - from + 1];
            for (int i = 0; i < types.length; i++) {
                types[i] = (byte) random.nextInt(0, 5);
            }
            long request = ++requests;
            List<Long> accepts = new ArrayList<>();
            List<Long> done = new ArrayList<>();
            List<Long> renewed = new ArrayList<>();
            List<Long> back = new ArrayList<>();
            for (int i = from; i <= to; i++) {
                byte type = types[types.length == 1 ? 0 : i - from];
                long offset = mine.get(i);
                switch (type) {
                    case 1 -> accepts.add(offset);
                    case 2 -> back.add(offset);
                    case 4 -> renewed.add(offset);
                    default -> done.add(offset);
                }
            }
            boolean[] isRefused = new boolean[1];
            accepting.put(request, accepts);
            core.acknowledge(request, holder, List.of(new Acknowledged(mine.get(from), mine.get(to), types)), RULES,
                    nowMs, effect -> {
                        isRefused[0] |= effect instanceof ShareEffect.Answer(_, var error) && error != ErrorCode.NONE;
                        take(effect);
                    });
            if (isRefused[0]) {
                // A lock may be over, of which the model knows only when somebody else gets the record.
                mine.subList(from, to + 1).forEach(held::remove);
                return;
            }
            accepts.forEach(offset -> given.put(offset, true));
            done.forEach(offset -> given.put(offset, true));
            accepts.forEach(held::remove);
            done.forEach(held::remove);
            back.forEach(held::remove);
            renewed.forEach(offset -> held.put(offset, new Held(holder, nowMs + RULES.lockMs())));
        }

        void release(String holder) {
            held.entrySet().removeIf(one -> {
                if (one.getValue().holder().equals(holder)) {
                    delivered.merge(one.getKey(), -1, Integer::sum);
                    return true;
                }
                return false;
            });
            core.release(holder, this::take);
        }

        /// Those whose lock is over go back, as far as somebody noticed.
        void tick(long ms) {
            nowMs += ms;
            core.tick(RULES, nowMs, this::take);
            held.values().removeIf(one -> one.untilMs() <= nowMs);
        }

        private void keep(ShareEffect.Write write) {
            keptStart = write.startOffset();
            for (StateBatch batch : write.batches()) {
                for (long offset = batch.first(); offset <= batch.last(); offset++) {
                    kept.put(offset, new Kept(batch.state(), batch.deliveries()));
                }
            }
            kept.keySet().removeIf(offset -> offset < keptStart);
        }

        void written() {
            if (!writes.isEmpty()) {
                keep(writes.removeFirst());
                core.written(this::take);
            }
        }

        /// Whether the last write is kept nobody knows; who leads now begins with what is.
        void beginAnew() {
            if (!writes.isEmpty() && random.nextBoolean()) {
                keep(writes.removeFirst());
            }
            writes.clear();
            accepting.clear();
            held.clear();
            lives++;
            List<StateBatch> batches = new ArrayList<>();
            kept.forEach((offset, one) ->
                    batches.add(new StateBatch(offset, offset, one.state(), (short) one.deliveries())));
            core = new SharePartition(keptStart, batches);
        }

        void logStarts() {
            logStart = Math.min(LOG - 12, logStart + random.nextInt(1, 15));
            held.keySet().removeIf(offset -> offset < logStart);
            core.logStartsAt(logStart, this::take);
        }

        /// Everything is accepted that can be had.
        void drain() {
            for (int round = 0; round < 400 && core.start() < LOG; round++) {
                written();
                tick(RULES.lockMs() + 1);
                written();
                written();
                core.logStartsAt(logStart, this::take);
                long from = core.readFrom(RULES);
                List<Extent> read = log.stream().filter(one -> one.last() >= from).limit(4).toList();
                List<Acknowledged> all = new ArrayList<>();
                List<Long> offsets = new ArrayList<>();
                for (Acquired one : core.acquire("last", from, read, 50, false, RULES, nowMs, this::take)) {
                    for (long offset = one.first(); offset <= one.last(); offset++) {
                        acquired("last", offset, one.deliveries());
                        offsets.add(offset);
                    }
                    all.add(new Acknowledged(one.first(), one.last(), new byte[] {1}));
                }
                if (!all.isEmpty()) {
                    accepting.put(++requests, offsets);
                    core.acknowledge(requests, "last", all, RULES, nowMs, this::take);
                    offsets.forEach(held::remove);
                }
            }
            written();
            written();
        }
    }

    @Property(tries = 400, shrinking = ShrinkingMode.OFF)
    void noRecordIsLostOrGivenToTwo(@ForAll long seed) {
        World world = new World(seed);
        for (int i = 0; i < 120; i++) {
            String member = "m" + world.random.nextInt(3);
            switch (world.random.nextInt(20)) {
                case 0, 1, 2, 3, 4, 5 -> world.acquire(member);
                case 6, 7, 8, 9, 10 -> world.acknowledge(member);
                case 11 -> world.release(member);
                case 12, 13 -> world.tick(world.random.nextInt(700));
                case 14 -> {
                    if (world.random.nextInt(6) == 0) {
                        world.beginAnew();
                    }
                }
                case 15 -> {
                    if (world.random.nextInt(6) == 0) {
                        world.logStarts();
                    }
                }
                default -> world.written();
            }
        }
        world.drain();
        assertEquals(LOG, world.core.start(), () -> "all is done with: " + world.core + " " + world.seedText);
        for (Extent extent : world.log) {
            for (long offset = extent.first(); extent.isDelivered() && offset <= extent.last(); offset++) {
                long at = offset;
                assertTrue(at < world.logStart || world.accepted.containsKey(at) || world.given.containsKey(at)
                                || world.delivered.getOrDefault(at, 0) >= LIMIT,
                        () -> "nobody got " + at + " " + world.seedText);
            }
        }
    }

    /// What is written of it is what whoever leads next begins with: the same start, and the same to be had.
    @Property(tries = 200, shrinking = ShrinkingMode.OFF)
    void whoBeginsWithWhatIsWrittenGoesOnAsWasWritten(@ForAll long seed) {
        World world = new World(seed);
        for (int i = 0; i < 60; i++) {
            world.acquire("m" + world.random.nextInt(2));
            world.acknowledge("m" + world.random.nextInt(2));
            world.written();
            world.written();
            world.written();
        }
        world.release("m0");
        world.release("m1");
        world.written();
        world.written();
        SharePartition live = world.core;
        world.beginAnew();
        assertEquals(live.start(), world.core.start(), () -> live + " " + world.core + " " + world.seedText);
        assertEquals(live.readFrom(RULES) < 0, world.core.readFrom(RULES) < 0, () -> world.seedText);
    }
}
