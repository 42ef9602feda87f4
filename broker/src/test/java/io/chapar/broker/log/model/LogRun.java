package io.chapar.broker.log.model;

import io.chapar.broker.log.disk.Loss;

import java.io.IOException;
import java.util.Random;

/// One sequence of random steps on a partition over a memory disk, with the model beside it; a function of its seed.
///
/// The partition is driven as its leader mostly, through `Partition` ([LeaderSteps]); in between as a follower's,
/// through `PartitionLog` ([FollowerSteps]), which is where truncation and holes in the offsets come from. A step may
/// be cut off by the end of process or power at any operation of the disk; then the partition is opened again
/// ([Crashes]), perhaps cut off anew, and must be as it was, with or without what was under way, and after a loss of
/// power without an end that was never synced ([Resolution]).
final class LogRun {
    private final Random random;
    private final Subject subject;
    private final Crashes crashes;
    private final LeaderSteps leader;
    private final FollowerSteps follower;

    /// @param stopAt number of the disk operation at which the first crash comes; -1 for crashes at random
    LogRun(long seed, long stopAt) {
        random = new Random(seed);
        subject = new Subject(random);
        crashes = new Crashes(subject, stopAt < 0);
        leader = new LeaderSteps(subject, crashes);
        follower = new FollowerSteps(subject, crashes);
        if (stopAt >= 0) {
            crashes.plan(stopAt);
        }
    }

    /// Gives the number of disk operations.
    long run(int steps) throws IOException {
        try {
            crashes.open();
            for (int i = 0; i < steps; i++) {
                step();
            }
            settle();
            return subject.disk.operations();
        } catch (AssertionError | IOException | RuntimeException e) {
            subject.trace().forEach(line -> e.addSuppressed(new Step(line)));
            throw e;
        }
    }

    /// Carries the story of a failure into its report.
    private static final class Step extends Exception {
        private static final long serialVersionUID = 1L;

        Step(String line) {
            super(line, null, false, false);
        }
    }

    private void step() throws IOException {
        crashes.maybePlan();
        try {
            if (subject.isLed()) {
                leader.step();
            } else {
                follower.step();
            }
        } catch (IOException e) {
            if (!subject.disk.isStopped()) {
                throw e;
            }
            subject.tell("cut off: " + e.getMessage());
        }
        if (subject.isOffline()) {
            if (!subject.disk.isStopped() && random.nextBoolean()) {
                crashes.comeBack();
            } else {
                crashes.crash(subject.disk.isStopped() ? crashes.someLoss() : Loss.NOTHING);
                crashes.open();
            }
            return;
        }
        subject.nothingIsUnderWay();
        crashes.calmly(() -> {
            subject.observeCompaction();
            check();
        });
    }

    private void check() throws IOException {
        if (subject.isLed()) {
            leader.acknowledged();
            subject.checks.check(subject.partition, subject.leaderEpoch);
        } else {
            subject.checks.check(subject.log());
        }
    }

    /// Ends without a crash, as a leader.
    private void settle() throws IOException {
        crashes.noMore();
        if (!subject.isLed()) {
            follower.becomeLeader();
        }
        leader.flush();
        subject.observeCompaction();
        subject.checks.checkAllBatches(subject.checks.read(subject.partition));
    }
}
