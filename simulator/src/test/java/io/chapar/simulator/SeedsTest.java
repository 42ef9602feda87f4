package io.chapar.simulator;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.PrimitiveIterator;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The build's own seeds; as many more as one likes with `chapar simulate`.
class SeedsTest {
    private static final int LAST_SEED = 12;
    private static final int LAST_NIGHTLY_SEED = 10_000;
    /// Whose brokers are one cluster, and which is soon over.
    private static final long A_CLUSTER = 7;
    private static final int NEWS_EVERY_SEEDS = 500;

    @Test
    void theSameSeedGoesTheSameWay() {
        assertEquals(Simulation.run(1).traceHash(), Simulation.run(1).traceHash());
        assertEquals(Simulation.run(A_CLUSTER).traceHash(), Simulation.run(A_CLUSTER).traceHash());
        assertNotEquals(Simulation.run(1).traceHash(), Simulation.run(2).traceHash());
    }

    /// Worlds share nothing, so that several can run at once.
    @Test
    void aSeedGoesTheSameWayBesideOthers() {
        long alone = Simulation.run(3).traceHash();
        AtomicLong seeds = new AtomicLong();
        SortedMap<Long, Long> beside = new ConcurrentSkipListMap<>();
        onEveryCore(() -> {
            long which = seeds.incrementAndGet();
            beside.put(which, Simulation.run(3 + (which & 1)).traceHash());
        });
        beside.forEach((which, hash) -> assertEquals((which & 1) == 0, hash == alone, "world " + which));
    }

    @Test
    void everyPromiseHoldsForTheFixedSeeds() {
        AtomicLong seeds = new AtomicLong();
        onEveryCore(() -> {
            for (long seed = seeds.incrementAndGet(); seed <= LAST_SEED; seed = seeds.incrementAndGet()) {
                Simulation.Result result = Simulation.run(seed);
                assertNull(result.broken(),
                        () -> "seed " + result.seed() + ": " + result.broken() + "\n" + result.world() + "\n"
                                + String.join("\n", result.trace().tail(60)));
            }
        });
    }

    /// Consumers of the consumer protocol, a share group, a streams group.
    @ParameterizedTest
    @ValueSource(longs = {50, 97, 47})
    void everyPromiseHoldsWithGroupsThatTheirCoordinatorSharesOut(long seed) {
        assertTrue(ModernGroup.drawn(new World(seed)).isThere());
        assertNull(Simulation.run(seed).broken());
    }

    /// Runs all of them, whatever fails, on every core.
    @Test
    @Tag("nightly")
    void everyPromiseHoldsForManySeeds() {
        holds(LongStream.rangeClosed(LAST_SEED + 1, LAST_NIGHTLY_SEED));
    }

    /// As many again whose brokers, three or five, are one cluster: among all seeds they are one in three.
    @Test
    @Tag("nightly")
    void everyPromiseHoldsForManyClusters() {
        holds(LongStream.iterate(LAST_NIGHTLY_SEED + 1, seed -> seed + 1)
                .filter(seed -> Swarm.drawn(new World(seed)).cluster()).limit(LAST_NIGHTLY_SEED));
    }

    private static void holds(LongStream all) {
        PrimitiveIterator.OfLong seeds = all.iterator();
        SortedMap<Long, String> broken = new ConcurrentSkipListMap<>();
        AtomicLong count = new AtomicLong();
        onEveryCore(() -> {
            for (long seed = next(seeds); seed > 0; seed = next(seeds)) {
                String how = broken(seed);
                if (how != null) {
                    broken.put(seed, how);
                    System.out.println("seed " + seed + ": " + how);
                }
                if (count.incrementAndGet() % NEWS_EVERY_SEEDS == 0) {
                    System.out.println("at seed " + seed + ", broken so far: " + broken.keySet());
                }
            }
        });
        List<String> lines = broken.entrySet().stream().map(one -> one.getKey() + ": " + one.getValue()).toList();
        assertTrue(lines.isEmpty(), () -> lines.size() + " of " + count + " seeds break a promise:\n"
                + String.join("\n", lines));
    }

    /// 0 behind the last.
    private static long next(PrimitiveIterator.OfLong seeds) {
        synchronized (seeds) {
            return seeds.hasNext() ? seeds.nextLong() : 0;
        }
    }

    private static String broken(long seed) {
        try {
            return Simulation.run(seed).broken();
        } catch (RuntimeException | Error e) {
            return "thrown: " + e;
        }
    }

    private static void onEveryCore(Runnable work) {
        int cores = Math.max(2, Runtime.getRuntime().availableProcessors());
        try (ExecutorService threads = Executors.newFixedThreadPool(cores)) {
            List<? extends Future<?>> all = Stream.generate(() -> threads.submit(work)).limit(cores).toList();
            for (Future<?> one : all) {
                one.get();
            }
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
