package io.chapar.transport;

import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/// What a client runs on: its loop, its transport, its randomness. One for each client; closing the client closes it.
public final class ClientRuntime implements AutoCloseable {
    private final ClientLoop loop;
    private final Transport transport;
    private final RandomGenerator random;
    private final Consumer<Consumer<Throwable>> crashes;
    private final Runnable closing;

    /// `crashes` is given whom to tell when a task on the loop failed with an exception, which is a fault of the
    /// program.
    public ClientRuntime(ClientLoop loop, Transport transport, RandomGenerator random,
            Consumer<Consumer<Throwable>> crashes, Runnable closing) {
        this.loop = loop;
        this.transport = transport;
        this.random = random;
        this.crashes = crashes;
        this.closing = closing;
    }

    /// One thread and real sockets.
    public static ClientRuntime open(ConnectionSettings settings, String threadName) {
        NettyClientLoop loop = new NettyClientLoop(threadName);
        RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
        NettyTransport transport = new NettyTransport(loop, settings, random);
        return new ClientRuntime(loop, transport, random, loop::onCrash, () -> {
            loop.execute(transport::close);
            loop.close();
        });
    }

    public ClientLoop loop() {
        return loop;
    }

    public Transport transport() {
        return transport;
    }

    public RandomGenerator random() {
        return random;
    }

    public void onCrash(Consumer<Throwable> listener) {
        crashes.accept(listener);
    }

    /// Callable from any thread, also the loop's own; there it does not wait.
    @Override
    public void close() {
        closing.run();
    }
}
