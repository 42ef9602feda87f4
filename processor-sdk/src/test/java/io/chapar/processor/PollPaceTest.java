package io.chapar.processor;

import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class PollPaceTest {
    private final PollPace pace = new PollPace(1_000, 0);

    private static SourceRecord record(long offset) {
        return new SourceRecord(new TopicPartition("in", 0), offset, 0, 0, null, null, List.of());
    }

    private String late(long nowMs) {
        ProcessorException late = pace.late(nowMs, null);
        assertNotNull(late);
        return late.getMessage();
    }

    @Test
    void theRecordInHandIsNamedWhileTheFunctionIsAtWork() {
        SourceRecord slow = record(7);
        pace.polled(100);
        pace.begins(slow, 200);
        assertNull(pace.late(1_099, null));
        String text = late(1_200);
        assertTrue(text.contains("max.poll.interval.ms (1000)"), text);
        assertTrue(text.contains("at work on the record at offset 7 of in-0 for 1000 ms"), text);
    }

    /// Polls go on meanwhile.
    @Test
    void ofRecordsAtWorkTheOneThatHangsIsNamed() {
        SourceRecord hangs = record(7);
        SourceRecord other = record(8);
        pace.begins(hangs, 200);
        pace.begins(other, 300);
        pace.polled(1_100);
        assertNull(pace.stuck(1_199));
        PollPace.InHand stuck = pace.stuck(1_200);
        assertNotNull(stuck);
        String text = PollPace.tell(stuck, 1_200, null).getMessage();
        assertTrue(text.contains("at work on the record at offset 7 of in-0 for 1000 ms"), text);
        pace.ends(hangs, 1_250);
        assertNull(pace.stuck(1_299));
        pace.ends(other, 1_300);
        assertNull(pace.stuck(5_000));
    }

    @Test
    void ofManyRecordsTheSlowestIsNamed() {
        pace.polled(0);
        for (int offset = 0; offset < 3; offset++) {
            SourceRecord record = record(offset);
            pace.begins(record, offset * 400L);
            pace.ends(record, offset * 400L + (offset == 1 ? 390 : 300));
        }
        String text = late(1_200);
        assertTrue(text.contains("Of 3 records since then the one at offset 1 of in-0 took longest: 390 ms"), text);
        pace.polled(1_300);
        assertNull(pace.late(1_400, null));
    }
}
