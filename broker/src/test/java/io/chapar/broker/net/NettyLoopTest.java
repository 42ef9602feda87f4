package io.chapar.broker.net;

import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;

class NettyLoopTest {
    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final NettyLoop loop = new NettyLoop((EventLoop) group.next(), Runnable::run, Runnable::run, bug -> {
        throw new AssertionError(bug);
    });

    @AfterEach
    void stop() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    /// Tasks that are executed stand for what comes in: they go between two that are for later, whoever gave those.
    @Test
    void whatIsForLaterTakesATurnEachAfterWhatElseThereIs() throws Exception {
        List<String> ran = new ArrayList<>();
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.execute(() -> {
            loop.later(() -> {
                ran.add("a");
                loop.execute(() -> ran.add("between"));
                loop.later(() -> {
                    ran.add("c");
                    done.complete(null);
                });
            });
            loop.later(() -> ran.add("b"));
            loop.execute(() -> ran.add("first"));
        });
        done.get(90, TimeUnit.SECONDS);
        assertEquals(List.of("first", "a", "between", "b", "c"), ran);
    }
}
