package io.chapar.broker.net;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/// Connections of clients that have not sent a whole request yet. Where there is no room for one more connection, the
/// one that came first of these gives way: a client asks within a moment, and who does not takes longer.
///
/// One thread lets in; from any loop they ask, or leave.
@SuppressWarnings("FutureReturnValueIgnored") // a failed close ends in channelInactive
final class Newcomers {
    /// On their way out at a time, each of which still has its descriptor: as many as one round of accepting lets in.
    private static final int MOST_LEAVING = 16;
    private static final AttributeKey<Long> NUMBER = AttributeKey.valueOf(Newcomers.class, "number");

    private final AtomicLong last = new AtomicLong();
    private final ConcurrentSkipListMap<Long, Channel> silent = new ConcurrentSkipListMap<>();
    private final AtomicInteger leaving = new AtomicInteger();

    void came(Channel channel) {
        long number = last.incrementAndGet();
        channel.attr(NUMBER).set(number);
        silent.put(number, channel);
        channel.closeFuture().addListener(_ -> silent.remove(number));
    }

    /// It has sent a whole request.
    void asked(Channel channel) {
        Long number = channel.attr(NUMBER).get();
        if (number != null) {
            silent.remove(number);
        }
    }

    /// False where there is none, or too many are leaving already.
    boolean oneGivesWay() {
        if (leaving.get() >= MOST_LEAVING) {
            return false;
        }
        Map.Entry<Long, Channel> oldest = silent.pollFirstEntry();
        if (oldest == null) {
            return false;
        }
        Channel channel = oldest.getValue();
        leaving.incrementAndGet();
        channel.closeFuture().addListener(_ -> leaving.decrementAndGet());
        Refusals.log(channel, "others come, and it has sent no request yet (max.connections)");
        channel.close();
        return true;
    }
}
