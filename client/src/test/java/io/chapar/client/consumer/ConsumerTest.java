package io.chapar.client.consumer;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serdes;
import org.junit.jupiter.api.Test;

import java.time.Duration;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// The public API's own part, with no broker to reach.
class ConsumerTest {
    private static Consumer<String, String> unreachable() {
        return Consumer.open(ConsumerConfig.builder("127.0.0.1:1").groupId("g").build(), Serdes.string(),
                Serdes.string());
    }

    /// Whoever stops a thread by an interrupt wants its consumer to leave the group as any other.
    @Test
    void anInterruptThatCameBeforeDoesNotHinderClosing() {
        Consumer<String, String> consumer = unreachable();
        consumer.subscribe(List.of("t"));
        Thread.currentThread().interrupt();
        try {
            consumer.close();
        } finally {
            assertTrue(Thread.interrupted(), "it is still known afterwards");
        }
        assertThrows(UsageException.class, () -> consumer.poll(Duration.ZERO));
    }
}
