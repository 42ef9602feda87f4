package io.chapar.simulator;

import java.util.Map;
import java.util.random.RandomGenerator;

/// What a seed draws beyond its [Swarm]: workloads and faults that most worlds do without. From a source of its own, so
/// that what a seed's swarm is does not change when one is added here.
///
/// @param groupMembers consumers share partitions and commit their positions themselves; they come and go
/// @param compaction a topic is compacted, and the topics of the coordinators in small segments
/// @param retention a topic keeps little
/// @param endOfSequences producers outside of transactions begin close to the end of the sequence numbers
/// @param bursts a producer has five requests under way all the time
/// @param flipsBits bits turn around on the disks of brokers that are down
/// @param deleteRetentionMs how long compaction keeps tombstones
/// @param transactionsRead transactions read committed records of others before they write
/// @param administration topics are made, changed and deleted all the time, and the metadata log is written anew often
/// @param keepsMs how long the topic that keeps little keeps records; -1 for as long as there is room
/// @param offsetsAreWatched somebody asks for groups' offsets all the time
/// @param hanging transactions are left open that no coordinator knows of, and looked for all the time; not in a
///        cluster, where nobody ends them yet
/// @param hangingGraceMs how old they are before coordinators are asked
/// @param hangingLookMs how often they are looked for: that may be more often than a marker is sent again that a disk
///        refused, so that it is looked for between the moment at which the disk takes writes and the marker
/// @param longestTransactionMs the longest time that a transaction may be given
/// @param spoilsFetches bits turn around in what fetches give
/// @param losesEnds what ends transactions is not answered for long
record Extras(
        boolean groupMembers,
        boolean compaction,
        boolean retention,
        boolean endOfSequences,
        boolean bursts,
        boolean flipsBits,
        int deleteRetentionMs,
        boolean transactionsRead,
        boolean administration,
        int keepsMs,
        boolean offsetsAreWatched,
        boolean hanging,
        int hangingGraceMs,
        int hangingLookMs,
        int longestTransactionMs,
        boolean spoilsFetches,
        boolean losesEnds) {

    static Extras drawn(World world, Swarm swarm) {
        RandomGenerator random = world.random("extras");
        boolean none = random.nextInt(3) == 0;
        return new Extras(
                !none && random.nextInt(3) == 0,
                !none && random.nextInt(3) == 0,
                !none && random.nextInt(4) == 0,
                !none && random.nextInt(4) == 0,
                !none && random.nextInt(4) == 0,
                !none && random.nextInt(4) == 0,
                random.nextBoolean() ? 0 : 3_600_000,
                !none && random.nextInt(4) == 0,
                !none && random.nextInt(3) == 0,
                random.nextBoolean() ? -1 : 2_000,
                !none && random.nextInt(3) == 0,
                hanging(world, swarm, none, random),
                random.nextInt(2) * random.nextInt(1_000),
                swarm.refusesWrites() && world.random("extra: looks for hanging ones").nextInt(4) != 0 ? 10 : 200,
                swarm.transactionTimeoutMs(),
                !none && world.random("extra: spoilt fetches").nextInt(6) == 0,
                !none && world.random("extra: lost ends").nextBoolean());
    }

    private static boolean hanging(World world, Swarm swarm, boolean none, RandomGenerator random) {
        boolean drawn = !none && random.nextInt(3) == 0;
        return !swarm.cluster() && (drawn || (!none && swarm.refusesWrites()
                && world.random("extra: hanging where writes are refused").nextBoolean()));
    }

    /// At which size the metadata log is written anew.
    long metadataBytes() {
        return administration ? 3_000 : 1 << 20;
    }

    /// Of the broker, beyond what its swarm says.
    Map<String, String> brokerSettings() {
        return !hanging ? Map.of() : Map.of(
                "transaction.hanging.check.interval.ms", Integer.toString(hangingLookMs),
                "transaction.hanging.grace.ms", Integer.toString(hangingGraceMs),
                "transaction.max.timeout.ms", Integer.toString(longestTransactionMs));
    }
}
