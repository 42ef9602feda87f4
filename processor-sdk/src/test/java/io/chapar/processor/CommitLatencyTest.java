package io.chapar.processor;

import io.chapar.client.serde.Serdes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.time.Duration;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class CommitLatencyTest {
    private static final Topology COPY = Topology.from("in", Serdes.string(), Serdes.int64())
            .to("out", Serdes.string(), Serdes.int64());

    @ParameterizedTest
    @EnumSource(Delivery.class)
    void itIsFromTheTimeOfARecordToItsCommit(Delivery delivery) {
        try (TestDriver driver = TestDriver.of(COPY, delivery)) {
            driver.advance(Duration.ofSeconds(10));
            driver.pipe("in", Serdes.string(), Serdes.int64(), "k", 1L)
                    .pipe("in", Serdes.string(), Serdes.int64(), "k", 2L, 0).run();
            CommitLatency latency = driver.status().latency();
            assertEquals(2, latency.count());
            assertTrue(latency.maxMs() >= 10_000, latency::toString);
            assertTrue(latency.quantileMs(0.5) <= 1_000, latency::toString);
            assertTrue(latency.sumMs() < 2 * latency.maxMs(), latency::toString);
        }
    }

    @Test
    void whatWasAbortedCountsWhenItIsCommitted() {
        try (TestDriver driver = TestDriver.of(COPY, Delivery.EXACTLY_ONCE)) {
            driver.pipe("in", Serdes.string(), Serdes.int64(), "k", 1L).fence().run();
            assertEquals(1, driver.status().aborts());
            assertEquals(1, driver.status().latency().count());
            driver.pipe("in", Serdes.string(), Serdes.int64(), "k", 1L).loseCommitAnswer(true).run();
            assertEquals(1, driver.status().unknownOutcomes());
            assertEquals(2, driver.status().latency().count());
            driver.pipe("in", Serdes.string(), Serdes.int64(), "k", 1L).loseCommitAnswer(false).run();
            assertEquals(2, driver.status().unknownOutcomes());
            assertEquals(3, driver.status().commits());
            assertEquals(2, driver.status().aborts());
            assertEquals(3, driver.status().latency().count());
        }
    }

    @Test
    void quantilesAreBounds() {
        CommitTimes times = new CommitTimes();
        assertEquals(0, times.measured().quantileMs(0.99));
        for (int record = 0; record < 99; record++) {
            times.processed(1_000);
        }
        times.processed(0);
        times.committed(1_003);
        CommitLatency latency = times.measured();
        assertEquals(List.of(3L * 99 + 1_003, 1_003L, 100L),
                List.of(latency.sumMs(), latency.maxMs(), latency.count()));
        assertEquals(5, latency.quantileMs(0.99));
        assertEquals(1_003, latency.quantileMs(1));
        times.processed(0);
        times.dropped();
        times.processed(5_000);
        times.committed(1_003);
        assertEquals(101, times.measured().count());
        assertEquals(1, times.measured().counts().getFirst());
    }

    @Test
    void aCommitThatIsHugeIsMeasuredInPart() {
        CommitTimes times = new CommitTimes();
        for (int record = 0; record < 2 * CommitTimes.MOST; record++) {
            times.processed(0);
        }
        times.committed(100_000);
        assertEquals(CommitTimes.MOST, times.measured().count());
        assertEquals(CommitTimes.MOST, times.measured().counts().getLast());
    }

    @Test
    void whatHasNoTimeIsNotMeasured() {
        CommitTimes times = new CommitTimes();
        times.processed(-1);
        times.processed(Long.MIN_VALUE);
        times.processed(990);
        times.committed(1_000);
        assertEquals(List.of(1L, 10L), List.of(times.measured().count(), times.measured().maxMs()));
    }
}
