package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.consumer.PositionReset;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class StepWatchTest {
    private static final TopicPartition IN = new TopicPartition("in", 0);

    private final StepWatch watch = new StepWatch();

    private String told(long nowMs, @Nullable Throwable cause) {
        StepWatch.Waiting waiting = watch.tooLong(nowMs);
        assertNotNull(waiting);
        return StepWatch.tell(waiting, nowMs, cause).getMessage();
    }

    @Test
    void aLongWaitIsNamed() {
        watch.waits(new StepWatch.Waiting(
                new CycleStep.CommitTransaction(Map.of(IN, new OffsetAndMetadata(7))), 100));
        assertNull(watch.tooLong(100 + StepWatch.LONG_MS - 1));
        String text = told(100 + StepWatch.LONG_MS, new RetriableException("no leader"));
        assertTrue(text.contains("waited for 10000 ms for a transaction to be committed, with positions of [in-0]"),
                text);
        assertTrue(text.endsWith("Last failure: no leader"), text);
        watch.waits(null);
        assertNull(watch.tooLong(1_000_000));
    }

    @Test
    void aPauseIsNoWait() {
        watch.waits(new StepWatch.Waiting(new CycleStep.Wait(60_000), 0));
        assertNull(watch.tooLong(59_000));
        watch.waits(new StepWatch.Waiting(new CycleStep.Await(), 0));
        assertNull(watch.tooLong(59_000));
    }

    @Test
    void whatCannotBeReadForLongIsToldOfOnceEachTime() {
        ReadWatch reading = new ReadWatch("a-0");
        for (long beginMs : List.of(1_000L, 50_000L)) {
            assertNull(reading.polled("in-0 has no leader", beginMs));
            assertNull(reading.polled("in-0 has no leader", beginMs + StepWatch.LONG_MS - 1));
            ProcessorException told = reading.polled("in-0 has no leader", beginMs + StepWatch.LONG_MS);
            assertNotNull(told);
            assertTrue(told.getMessage().endsWith("in-0 has no leader"), told.getMessage());
            assertNull(reading.polled("in-0 has no leader", beginMs + 2 * StepWatch.LONG_MS));
            assertNull(reading.polled(null, beginMs + 3 * StepWatch.LONG_MS));
        }
    }

    @Test
    void whatWasDeletedUnreadIsToldOf() {
        String lost = LostPlace.tell(new PositionReset(IN, 15, 40)).getMessage();
        assertTrue(lost.startsWith("Offset 15 of in-0 is not in its log any more, and processing goes on at 40"), lost);
        assertTrue(lost.contains("lost to this application"), lost);
        String again = LostPlace.tell(new PositionReset(IN, 40, 0)).getMessage();
        assertTrue(again.contains("may be processed again"), again);
    }
}
