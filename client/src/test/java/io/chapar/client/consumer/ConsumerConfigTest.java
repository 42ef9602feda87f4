package io.chapar.client.consumer;

import io.chapar.client.UsageException;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ConsumerConfigTest {
    private static ConsumerConfig with(String name, Object value) {
        return ConsumerConfig.builder("localhost:9092").set(name, value).build();
    }

    @Test
    void defaultsAreKafkas() {
        ConsumerConfig config = ConsumerConfig.builder("localhost:9092").build();
        assertEquals(IsolationLevel.READ_UNCOMMITTED, config.isolation());
        assertEquals(OffsetReset.LATEST, config.offsetReset());
        assertEquals(500, config.fetchMaxWaitMs());
        assertEquals(500, config.maxPollRecords());
        assertEquals(300_000, config.maxPollIntervalMs());
        assertEquals(45_000, config.sessionTimeoutMs());
        assertEquals(3_000, config.heartbeatIntervalMs());
        assertEquals(List.of(AssignmentStrategy.RANGE, AssignmentStrategy.COOPERATIVE_STICKY), config.strategies());
        assertFalse(config.cooperative(), "one strategy that stops everybody is enough");
        assertNull(config.groupId());
    }

    @Test
    void takesKafkasNames() {
        ConsumerConfig config = ConsumerConfig.from(Map.of(
                "bootstrap.servers", "a:1,b:2",
                "group.id", "g",
                "isolation.level", "READ_COMMITTED",
                "auto.offset.reset", "earliest",
                "enable.auto.commit", "false",
                "partition.assignment.strategy",
                "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"));
        assertEquals(IsolationLevel.READ_COMMITTED, config.isolation());
        assertEquals(OffsetReset.EARLIEST, config.offsetReset());
        assertTrue(config.cooperative());
    }

    @Test
    void saysWhatIsWrong() {
        assertTrue(assertThrows(UsageException.class, () -> with("isolation.lvl", "read_committed"))
                .getMessage().contains("isolation.level"));
        assertTrue(assertThrows(UsageException.class, () -> with("enable.auto.commit", "true"))
                .getMessage().contains("enable.auto.commit"));
        assertThrows(UsageException.class, () -> with("auto.offset.reset", "oldest"));
        assertThrows(UsageException.class, () -> with("session.timeout.ms", 3_000));
        assertThrows(UsageException.class, () -> with("group.instance.id", "i"));
        assertThrows(UsageException.class, () -> with("partition.assignment.strategy", "roundrobin"));
    }
}
