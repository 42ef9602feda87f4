package io.chapar.broker.metrics;

import io.chapar.broker.metadata.ClusterImage;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ObservatoryTest {
    private final AtomicInteger looks = new AtomicInteger();

    private Observatory observatory(CountDownLatch begun, CountDownLatch goOn) {
        return new Observatory(() -> {
            looks.incrementAndGet();
            begun.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return new Totals();
        }, () -> ClusterFigures.of(ClusterImage.EMPTY, 1, 1, null));
    }

    @Test
    void whoeverAsksLaterGetsALaterLook() {
        Observatory observatory = observatory(new CountDownLatch(0), new CountDownLatch(0));
        assertNotSame(observatory.now(), observatory.now());
        assertEquals(2, looks.get());
    }

    @Test
    void allWhoWaitShareOneLook() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Observatory observatory = observatory(begun, goOn);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            CompletableFuture<Observed> first = CompletableFuture.supplyAsync(observatory::now, threads);
            begun.await();
            CountDownLatch asking = new CountDownLatch(20);
            List<CompletableFuture<Observed>> others = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                others.add(CompletableFuture.supplyAsync(() -> {
                    asking.countDown();
                    return observatory.now();
                }, threads));
            }
            asking.await();
            goOn.countDown();
            first.join();
            others.forEach(one -> assertNotSame(first.join(), one.join()));
        }
        // Who was slow to ask may have come when the second look was over.
        assertTrue(looks.get() >= 2 && looks.get() < 21, "looks: " + looks);
    }

    @Test
    void allWhoWaitShareALookThatFails() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Observatory observatory = new Observatory(() -> {
            looks.incrementAndGet();
            begun.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            throw new IllegalStateException("a loop does not answer");
        }, () -> ClusterFigures.of(ClusterImage.EMPTY, 1, 1, null));
        List<Thread> all = new ArrayList<>();
        List<Throwable> told = new CopyOnWriteArrayList<>();
        for (int i = 0; i < 20; i++) {
            Thread thread = Thread.ofPlatform().unstarted(() ->
                    told.add(assertThrows(IllegalStateException.class, observatory::now)));
            all.add(thread);
        }
        all.getFirst().start();
        begun.await();
        all.subList(1, 20).forEach(Thread::start);
        Awaitility.await().atMost(Duration.ofSeconds(90)).until(() ->
                all.subList(1, 20).stream().allMatch(one -> one.getState() == Thread.State.BLOCKED));
        goOn.countDown();
        for (Thread one : all) {
            one.join();
        }
        assertEquals(20, told.size());
        assertEquals(2, looks.get());
    }
}
