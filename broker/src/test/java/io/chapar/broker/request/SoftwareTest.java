package io.chapar.broker.request;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

class SoftwareTest {
    /// Of thousands of connections each keeps its own, for as long as it is there.
    @Test
    void noMoreIsKeptThanSaysSomething() {
        Software software = new Software("n".repeat(32_767), "v".repeat(32_767));
        assertEquals("n".repeat(Software.MOST_CHARS), software.name());
        assertEquals("v".repeat(Software.MOST_CHARS), software.version());
        assertEquals("4.4.0", new Software("apache-kafka-java", "4.4.0").version());
    }
}
