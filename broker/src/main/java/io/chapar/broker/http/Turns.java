package io.chapar.broker.http;

import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;

/// Exchanges that may go on at a time, of all addresses together and of one: nobody gets more than half of them, so
/// that whoever asks from elsewhere finds one. Whoever comes by a proxy has the proxy's address.
final class Turns {
    private final int most;
    private final int mostOfOne;
    private final Map<InetAddress, Integer> taken = new HashMap<>();
    private int all;

    /// @param most at least one
    Turns(int most) {
        this.most = most;
        this.mostOfOne = Math.max(1, most / 2);
    }

    /// Whether there is one. Whoever got it gives it back.
    synchronized boolean take(InetAddress by) {
        int before = taken.getOrDefault(by, 0);
        if (all == most || before == mostOfOne) {
            return false;
        }
        taken.put(by, before + 1);
        all++;
        return true;
    }

    synchronized void giveBack(InetAddress by) {
        taken.computeIfPresent(by, (_, before) -> before == 1 ? null : before - 1);
        all--;
    }
}
