package io.chapar.bench;

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
        int idleMs, int strikes) {
    /// Warm enough for just-in-time compilers to be done: what is measured is what goes on from then on.
    static final Amounts FULL = new Amounts(
            "full", 4_000_000, 3_000_000, 200_000, 600_000, 5_000, 10_000, 5_000, 4_000, 3_000, 3);
    static final Amounts QUICK = new Amounts(
            "quick", 500_000, 1_000_000, 50_000, 150_000, 1_000, 3_000, 500, 1_500, 1_000, 1);
    static final Amounts TINY = new Amounts("tiny", 100, 1_000, 100, 500, 10, 50, 20, 100, 50, 1);

    private static final long SLACK = 300 << 20;

    /// What a round may need for each replica, with room for segment files that are reserved ahead.
    long diskBytes(int replicas) {
        return replicas * (SLACK + 2 * ((warmSmall + small) * 110 + (warmLarge + large) * 1_100));
    }
}
