package io.chapar.broker.peer.socket;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.runtime.Loop;
import io.netty.util.NetUtil;
import org.jspecify.annotations.Nullable;

import java.net.InetSocketAddress;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/// Addresses of hosts, asked for on a thread that is there only meanwhile: the answer can take seconds, and no loop may
/// wait for it. From any loop.
final class PeerNames implements AutoCloseable {
    private static final int IDLE_SECONDS = 5;

    private final ThreadPoolExecutor thread = new ThreadPoolExecutor(1, 1, IDLE_SECONDS, TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(), task -> new Thread(task, "chapar-peer-names"));

    PeerNames() {
        thread.allowCoreThreadTimeOut(true);
    }

    /// Gives the address, or null when nobody knows it, on the loop; never within this call.
    void resolve(HostPort at, Loop loop, Consumer<@Nullable InetSocketAddress> done) {
        if (NetUtil.isValidIpV4Address(at.host()) || NetUtil.isValidIpV6Address(at.host())) {
            loop.execute(() -> done.accept(new InetSocketAddress(at.host(), at.port())));
            return;
        }
        try {
            thread.execute(() -> {
                InetSocketAddress found = new InetSocketAddress(at.host(), at.port());
                try {
                    loop.execute(() -> done.accept(found.isUnresolved() ? null : found));
                } catch (RejectedExecutionException ended) {
                    // The loop has ended, and with it whoever waited.
                }
            });
        } catch (RejectedExecutionException closing) {
            loop.execute(() -> done.accept(null));
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
