package io.chapar.broker.net;

import org.jspecify.annotations.Nullable;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/// Who may connect: so many at one time, in all and from one address. Those who give way are counted until they have
/// left, so that there may be a few more for a moment. One thread lets in; from any one they leave.
final class Admission {
    private final int most;
    private final int mostOfAddress;
    private final BooleanSupplier oneGivesWay;
    private final AtomicInteger open = new AtomicInteger();
    private final ConcurrentHashMap<String, Integer> byAddress = new ConcurrentHashMap<>();

    /// @param oneGivesWay asked when there are as many as may be
    Admission(int most, int mostOfAddress, BooleanSupplier oneGivesWay) {
        this.most = most;
        this.mostOfAddress = mostOfAddress;
        this.oneGivesWay = oneGivesWay;
    }

    /// Lets one in, who [#leaves] once; or says why not.
    @Nullable String enters(String address) {
        if (byAddress.getOrDefault(address, 0) >= mostOfAddress) {
            return "there are " + mostOfAddress + " connections from its address already (max.connections.per.ip)";
        }
        if (open.get() >= most && !oneGivesWay.getAsBoolean()) {
            return "there are " + most + " connections already (max.connections)";
        }
        open.incrementAndGet();
        byAddress.merge(address, 1, Integer::sum);
        return null;
    }

    void leaves(String address) {
        open.decrementAndGet();
        byAddress.computeIfPresent(address, (_, count) -> count == 1 ? null : count - 1);
    }

    int open() {
        return open.get();
    }
}
