package io.chapar.broker.producer;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

/// Anybody may name a producer id that nobody was given: what that costs is bounded.
class VerificationsTest {
    private static final short EPOCH = 0;

    private final Verifications verifications = new Verifications();

    private void ask(long producerId) {
        assertNotNull(verifications.ask(producerId, EPOCH, 0, true, 1_000));
    }

    @Test
    void ofTooManyProducersTheFirstAreForgotten() {
        for (long producerId = 0; producerId <= Verifications.MAX_PRODUCERS; producerId++) {
            ask(producerId);
        }
        assertNull(verifications.find(0, EPOCH));
        assertNotNull(verifications.find(1, EPOCH));
        assertNotNull(verifications.find(Verifications.MAX_PRODUCERS, EPOCH));
    }

    @Test
    void whoAsksAgainThrowsNobodyOut() {
        for (long producerId = 0; producerId < Verifications.MAX_PRODUCERS; producerId++) {
            ask(producerId);
        }
        ask(5);
        assertNotNull(verifications.find(0, EPOCH));
    }
}
