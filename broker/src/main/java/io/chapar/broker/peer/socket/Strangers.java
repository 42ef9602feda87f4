package io.chapar.broker.peer.socket;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;

import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// Connections at the peers' port that have not proven who they are. Where there are too many the oldest is closed: a
/// broker takes a moment to prove itself, and who does not take longer. Those that have are counted. From any loop.
@SuppressWarnings("FutureReturnValueIgnored") // a failed close ends in channelInactive
final class Strangers {
    private final int most;
    private final int mostProven;
    private final AtomicInteger proven = new AtomicInteger();
    private final ConcurrentLinkedDeque<Channel> waiting = new ConcurrentLinkedDeque<>();
    private final AtomicInteger count = new AtomicInteger();
    private final AtomicLong unproven = new AtomicLong();

    /// @param mostProven links of those that are strangers no more
    Strangers(int most, int mostProven) {
        this.most = most;
        this.mostProven = mostProven;
    }

    void came(Channel channel) {
        waiting.add(channel);
        if (count.incrementAndGet() > most) {
            Channel oldest = waiting.poll();
            if (oldest != null) {
                count.decrementAndGet();
                closeAtOnce(oldest);
            }
        }
        channel.closeFuture().addListener(closed -> left(channel));
    }

    /// Without an orderly end of TLS, which would wait for the handshake.
    private static void closeAtOnce(Channel channel) {
        ChannelHandlerContext first = channel.pipeline().firstContext();
        if (first == null) {
            channel.close();
        } else {
            first.close();
        }
    }

    /// It has proven itself; false when there are too many links for one more.
    boolean proven(Channel channel) {
        left(channel);
        int now = proven.incrementAndGet();
        channel.closeFuture().addListener(closed -> proven.decrementAndGet());
        return now <= mostProven;
    }

    private void left(Channel channel) {
        if (waiting.remove(channel)) {
            count.decrementAndGet();
        }
    }

    /// One has ended that never proved who it is, and was not just too early.
    void leftUnproven() {
        unproven.incrementAndGet();
    }

    /// How many have, since the start.
    long unproven() {
        return unproven.get();
    }

    int count() {
        return count.get();
    }
}
