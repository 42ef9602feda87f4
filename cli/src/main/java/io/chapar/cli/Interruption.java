package io.chapar.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Ctrl-C, or a signal to end, as an end of a loop that looks for it: the process stays for a moment until this is
/// closed, and ends with the signal's code then.
final class Interruption implements AutoCloseable {
    private static final long PATIENCE_MS = 5_000;

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook = new Thread(this::interrupted, "end-in-order");
    private volatile boolean hasCome;

    Interruption() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    boolean hasCome() {
        return hasCome;
    }

    private void interrupted() {
        hasCome = true;
        try {
            if (!ended.await(PATIENCE_MS, TimeUnit.MILLISECONDS)) {
                return; // Whatever holds it up does not hold up the user.
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        ended.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException endingAlready) {
            // Which is what it waits for.
        }
    }
}
