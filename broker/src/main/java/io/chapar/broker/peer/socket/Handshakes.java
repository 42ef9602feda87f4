package io.chapar.broker.peer.socket;

import io.chapar.broker.config.HostPort;
import io.netty.channel.Channel;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// TLS under the connections of this broker. The long part of handshakes, keys and signatures, is done beside the
/// loops, of which strangers must not have ms each: for those that others begin on a thread of their own, so that what
/// this broker dials does not wait behind strangers. The threads are there only meanwhile. From any thread.
final class Handshakes implements AutoCloseable {
    /// Each connection has one task at a time; beyond, the handshake fails. Of those that are closed meanwhile nothing
    /// is done when it is their turn.
    static final int MOST_WAITING = 4 * NettyPeers.MOST_STRANGERS;
    private static final int IDLE_SECONDS = 5;

    private final PeerTls tls;
    private final ThreadPoolExecutor accepting = thread("chapar-links-accepting");
    private final ThreadPoolExecutor dialling = thread("chapar-links-dialling");

    Handshakes(PeerTls tls) {
        this.tls = tls;
    }

    private static ThreadPoolExecutor thread(String name) {
        ThreadPoolExecutor thread = new ThreadPoolExecutor(1, 1, IDLE_SECONDS, TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(MOST_WAITING), task -> new Thread(task, name));
        thread.allowCoreThreadTimeOut(true);
        return thread;
    }

    /// Begins one on a connection that another broker has made.
    void accept(Channel channel) {
        tls.accept(channel, whileOpen(channel, accepting));
    }

    /// Begins one on a connection to another broker.
    void dial(Channel channel, HostPort to) {
        tls.dial(channel, to, whileOpen(channel, dialling));
    }

    private static Executor whileOpen(Channel channel, Executor on) {
        return task -> on.execute(() -> {
            if (channel.isOpen()) {
                task.run();
            }
        });
    }

    @Override
    public void close() {
        accepting.shutdownNow();
        dialling.shutdownNow();
    }
}
