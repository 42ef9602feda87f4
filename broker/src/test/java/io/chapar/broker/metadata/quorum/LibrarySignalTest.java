package io.chapar.broker.metadata.quorum;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

@Timeout(30)
class LibrarySignalTest {
    private final LibrarySignal signal = new LibrarySignal("test");

    @Test
    void oneThatComesBeforeAnybodyWaitsIsKeptForOnce() throws Exception {
        signal.signal();
        signal.signal();
        assertTrue(signal.await(100, TimeUnit.MILLISECONDS));
        assertFalse(signal.await(100, TimeUnit.MILLISECONDS));
    }

    @Test
    void whoWaitsIsWokenUp() throws Exception {
        try (ExecutorService other = Executors.newSingleThreadExecutor()) {
            Future<Boolean> waiting = other.submit(() -> signal.await(20, TimeUnit.SECONDS));
            signal.signal();
            assertTrue(waiting.get());
        }
    }
}
