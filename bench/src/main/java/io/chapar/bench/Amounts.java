package io.chapar.bench;

import io.chapar.bench.apps.AppKind;

import java.util.List;

/// How much of everything one round measures. What is called warm comes before it and is not counted.
///
/// @param warmSmall records of 100 bytes
/// @param warmLarge records of 1,024 bytes
/// @param warmPings single records, one at a time
/// @param warmTxnMs of transactions of one size
/// @param idleMs how long nothing is asked of the brokers
/// @param strikes how often a leader is killed, of either kind
record Amounts(
        String name,
        long warmSmall, long small,
        long warmLarge, long large,
        int warmPings, int pings,
        int warmTxnMs, int txnMs,
        int idleMs, int strikes,
        Apps apps, Calls calls, Share share, Groups groups) {

    /// Applications that process a stream, each kind with each commit interval.
    ///
    /// @param rate records a second while it is measured how long each takes
    record Apps(List<AppKind> kinds, List<Integer> commitMs, int warm, int counted, int rate, int warmMs, int ms) {
    }

    /// An application that calls somebody else for each record, one after the other, and many at once.
    record Calls(int inSequence, int warm, int atOnce) {
    }

    /// Records that a share group reads and acknowledges one by one, by so many consumers each; and once more, by one
    /// that gives some back.
    ///
    /// @param atOnce to warm up, and once more to be counted, where each acknowledgement is waited for
    record Share(int warm, int counted, List<Integer> consumers, int atOnce) {
    }

    /// Members of groups that tell that they are alive.
    ///
    /// @param groups of one member each
    /// @param members of one further group
    /// @param leaving how many of those leave, one after the other
    record Groups(int groups, int members, int everyMs, int ms, int leaving) {
    }

    /// Warm enough for just-in-time compilers to be done: what is measured is what goes on from then on.
    static final Amounts FULL = new Amounts(
            "full", 4_000_000, 3_000_000, 200_000, 600_000, 5_000, 10_000, 5_000, 4_000, 3_000, 3,
            new Apps(List.of(AppKind.STATELESS, AppKind.COUNT, AppKind.COUNT_ON_DISK), List.of(100, 10),
                    600_000, 900_000, 2_000, 4_000, 10_000),
            new Calls(500, 20_000, 200_000),
            new Share(200_000, 500_000, List.of(1, 4), 15_000),
            new Groups(1_000, 1_000, 500, 60_000, 10));
    static final Amounts QUICK = new Amounts(
            "quick", 500_000, 1_000_000, 50_000, 150_000, 1_000, 3_000, 500, 1_500, 1_000, 1,
            new Apps(List.of(AppKind.STATELESS, AppKind.COUNT), List.of(100, 10),
                    200_000, 300_000, 2_000, 1_000, 4_000),
            new Calls(150, 10_000, 50_000),
            new Share(50_000, 100_000, List.of(1), 3_000),
            new Groups(1_000, 1_000, 500, 15_000, 3));
    static final Amounts TINY = new Amounts("tiny", 100, 1_000, 100, 500, 10, 50, 20, 100, 50, 1,
            new Apps(List.of(AppKind.COUNT), List.of(10), 100, 500, 200, 50, 200),
            new Calls(5, 10, 100),
            new Share(100, 300, List.of(), 0),
            new Groups(5, 10, 100, 500, 1));

    private static final long SLACK = 300 << 20;

    /// What a round may need for each replica, with room for segment files that are reserved ahead.
    long diskBytes(int replicas) {
        return replicas * (SLACK + 2 * ((warmSmall + small) * 110 + (warmLarge + large) * 1_100));
    }
}
