package io.chapar.simulator;

import io.chapar.broker.runtime.Loop;

import java.util.random.RandomGenerator;

/// One loop of a simulated broker.
final class BrokerLoop extends TaskQueue implements Loop {
    private final SimulatedBroker broker;
    private final int index;

    BrokerLoop(SimulatedBroker broker, int index, RandomGenerator random) {
        super(broker, random);
        this.broker = broker;
        this.index = index;
    }

    int index() {
        return index;
    }

    @Override
    public Timer schedule(long delayMs, Runnable task) {
        Later later = after(delayMs, task);
        return later::callOff;
    }

    @Override
    public long nowMs() {
        return machine().processMs();
    }

    @Override
    public long wallClockMs() {
        return machine().wallMs();
    }

    @Override
    void failed(Throwable cause) {
        broker.bug(cause);
    }

    @Override
    void ran() {
        broker.ran(this);
    }
}
