package io.chapar.console.view;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

import static java.util.Objects.requireNonNull;

/// What costs something to find out, found out again only when it is too old, and by one thread for all that ask. A
/// failure is not remembered.
final class Remembered<T> implements Supplier<T> {
    private final Supplier<T> source;
    private final long maxAgeNs;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable T value;
    private long readNs;

    Remembered(long maxAgeMs, Supplier<T> source) {
        this.source = source;
        maxAgeNs = maxAgeMs * 1_000_000;
    }

    @Override
    public T get() {
        lock.lock();
        try {
            if (value == null || System.nanoTime() - readNs > maxAgeNs) {
                value = source.get();
                readNs = System.nanoTime();
            }
            return requireNonNull(value, "read just now");
        } finally {
            lock.unlock();
        }
    }
}
