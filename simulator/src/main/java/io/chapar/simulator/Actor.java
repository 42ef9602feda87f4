package io.chapar.simulator;

import java.util.random.RandomGenerator;

/// Somebody who uses the cluster: one client process that may be killed and started again.
abstract class Actor {
    private final SimulatedClient client;
    private final RandomGenerator random;
    private long successes;
    private boolean stopping;
    private boolean stopped;

    Actor(SimulatedClient client) {
        this.client = client;
        random = client.world().random("actor " + client.name());
    }

    final SimulatedClient client() {
        return client;
    }

    final String name() {
        return client.name();
    }

    final RandomGenerator random() {
        return random;
    }

    final void start() {
        stopped = false;
        client.start();
        client.loop().execute(this::live);
    }

    /// Begins a life, on its loop. Nothing of the last one is left but what lies outside of the process.
    abstract void live();

    /// Finishes, and begins nothing new.
    final void stop() {
        stopping = true;
    }

    final boolean isStopping() {
        return stopping;
    }

    final void stopped() {
        stopped = true;
    }

    /// Whether it has done what it had begun.
    final boolean isStopped() {
        return stopped;
    }

    /// Something went as its user wants it.
    final void succeeded() {
        successes++;
    }

    final long successes() {
        return successes;
    }

    final void later(long leastMs, long mostMs, Runnable task) {
        var _ = client.loop().schedule(leastMs + random.nextLong(mostMs - leastMs + 1), task);
    }

    final void note(String what) {
        client.world().note(name(), what, 0);
    }
}
