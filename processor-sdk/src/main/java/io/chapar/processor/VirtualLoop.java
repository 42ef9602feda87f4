package io.chapar.processor;

import io.chapar.client.transport.ClientLoop;

import java.util.ArrayDeque;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/// A [ClientLoop] whose time is somebody else's and whose tasks run when [#runDue] is called.
final class VirtualLoop implements ClientLoop {
    private final LongSupplier clockMs;
    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final TreeMap<Long, ArrayDeque<Runnable>> alarms = new TreeMap<>();

    VirtualLoop(LongSupplier clockMs) {
        this.clockMs = clockMs;
    }

    void runDue() {
        while (!alarms.isEmpty() && alarms.firstKey() <= nowMs()) {
            tasks.addAll(alarms.pollFirstEntry().getValue());
        }
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    /// When something is to run, as things stand; [Long#MAX_VALUE] is never.
    long nextDueMs() {
        return !tasks.isEmpty() ? nowMs() : alarms.isEmpty() ? Long.MAX_VALUE : alarms.firstKey();
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    @Override
    public boolean inLoop() {
        return true;
    }

    @Override
    public Timer schedule(long delayMs, Runnable task) {
        long atMs = nowMs() + Math.max(0, delayMs);
        alarms.computeIfAbsent(atMs, at -> new ArrayDeque<>()).add(task);
        return () -> Optional.ofNullable(alarms.get(atMs)).ifPresent(there -> {
            there.remove(task);
            if (there.isEmpty()) {
                alarms.remove(atMs);
            }
        });
    }

    @Override
    public long nowMs() {
        return clockMs.getAsLong();
    }

    @Override
    public long wallClockMs() {
        return clockMs.getAsLong();
    }
}
