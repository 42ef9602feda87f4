package io.chapar.broker.coordinator;

import io.chapar.protocol.TopicPartition;
import io.chapar.txn.AddMode;
import io.chapar.txn.TxnCommand;
import io.chapar.txn.TxnVersion;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A line of the broker's log stays one line, and a short one, whatever a client calls itself.
class RefusalLogTest {
    @Test
    void nobodyWritesLinesOfTheirOwn() {
        assertEquals("id?2026 ERROR all is lost", RefusalLog.shown("id\n2026 ERROR all is lost"));
        assertEquals("چاپار", RefusalLog.shown("چاپار"));
        assertEquals(RefusalLog.MAX_CHARS + 3, RefusalLog.shown("x".repeat(30_000)).length());
    }

    /// It is kept for tens of thousands of transactional ids.
    @Test
    void ofALongNameTheBeginningIsRemembered() {
        assertEquals(RefusalLog.MAX_CHARS + 3, new TxnOrigin("x".repeat(30_000), "10.0.0.1").clientId().length());
        assertEquals("client 'app' at 10.0.0.1", new TxnOrigin("app", "10.0.0.1").toString());
    }

    @Test
    void aLongListOfPartitionsIsCut() {
        List<TopicPartition> many =
                IntStream.range(0, 100_000).mapToObj(index -> new TopicPartition("t", index)).toList();
        String line = RefusalLog.nameOf(
                new TxnCommand.AddPartitions("id", 7, (short) 1, many, AddMode.ADD, TxnVersion.V1));
        assertTrue(line.length() < 200, line);
        assertTrue(line.contains("and 99995 more by producer 7 epoch 1"), line);
    }
}
