package io.chapar.simulator;

import io.chapar.transport.ClientLoop;

import java.util.random.RandomGenerator;

/// The loop of a simulated client process.
final class PeerLoop extends TaskQueue implements ClientLoop {
    PeerLoop(Machine machine, RandomGenerator random) {
        super(machine, random);
    }

    @Override
    public Timer schedule(long delayMs, Runnable task) {
        Later later = after(delayMs, task);
        return later::callOff;
    }

    @Override
    public long nowMs() {
        return machine().stableMs();
    }

    @Override
    public long wallClockMs() {
        return machine().wallMs();
    }

    @Override
    void failed(Throwable cause) {
        machine().world().broken("No task of a client fails", Failures.text(machine().name(), cause));
    }

    @Override
    void ran() {
        // a client has no state that anybody but itself could see
    }
}
