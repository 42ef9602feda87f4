package io.chapar.simulator;

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
record Extras(
        boolean groupMembers,
        boolean compaction,
        boolean retention,
        boolean endOfSequences,
        boolean bursts,
        boolean flipsBits,
        int deleteRetentionMs,
        boolean transactionsRead) {

    static Extras drawn(World world) {
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
                !none && random.nextInt(4) == 0);
    }
}
