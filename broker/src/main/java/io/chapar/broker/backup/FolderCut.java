package io.chapar.broker.backup;

import io.chapar.broker.log.LogCut;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.shard.Shard;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import static java.util.Objects.requireNonNull;

/// All partitions of a broker that has no others as they are at one moment, which is what a kill of its process at that
/// moment would leave: every rule by which a start makes something whole of that holds for a copy of it as well. Above
/// all no transaction is seen ended by its coordinator and open at a partition, or the other way around, but in the
/// ways that coordinators bring to an end when they load.
final class FolderCut {
    /// That a loop may wait for the others. Clients notice no more of it than of a slow disk.
    private static final long MOST_MS = 250;

    private final List<Shard> shards;
    private final String into;
    private final List<List<LogCut.Kept>> files = new ArrayList<>();
    private final AtomicInteger left;
    private volatile @Nullable ClusterImage image;
    /// What went wrong first.
    private volatile @Nullable String trouble;

    /// @param files empty where there is trouble
    /// @param trouble null where all went well
    /// @param image of the moment; null where it never came
    record Outcome(List<LogCut.Kept> files, @Nullable String trouble, @Nullable ClusterImage image) {}

    @FunctionalInterface
    interface Told {
        void accept(Outcome outcome);
    }

    private FolderCut(List<Shard> shards, String into) {
        this.shards = shards;
        this.into = into;
        this.left = new AtomicInteger(shards.size());
        shards.forEach(_ -> files.add(new ArrayList<>()));
    }

    /// @param into a folder of the data folder, which is there and empty
    /// @param done on some loop, once
    static void make(List<Shard> shards, Supplier<ClusterImage> cluster, String into, Told done) {
        FolderCut cut = new FolderCut(shards, into);
        StandStill.of(shards.stream().map(Shard::loop).toList(), MOST_MS,
                () -> cut.image = cluster.get(),
                which -> cut.take(which, done),
                stood -> {
                    if (!stood) {
                        done.accept(new Outcome(List.of(), "a loop of the broker was busy for too long", null));
                    }
                });
    }

    /// On the loop of the shard, at the moment.
    private void take(int which, Told done) {
        Shard shard = shards.get(which);
        ClusterImage now = requireNonNull(image, "all have come");
        for (Partition partition : shard.opened()) {
            TopicImage topic = now.topic(partition.id().topic());
            if (topic != null && topic.id().equals(partition.topicId())
                    && topic.hasPartition(partition.id().partition())) {
                left.incrementAndGet();
                cut(partition, which, done);
            }
        }
        ended(done);
    }

    private void cut(Partition partition, int which, Told done) {
        Loop loop = shards.get(which).loop();
        Boolean begun = partition.onLog(log -> {
            LogCut.now(log).link(into, loop, (kept, failure) -> {
                files.get(which).addAll(kept);
                linked(failure, done);
            });
            return true;
        });
        if (begun == null) {
            trouble = "the partition " + partition.id() + " is offline ('chapar topic describe "
                    + partition.id().topic() + "' says why)";
            ended(done);
        }
    }

    private void linked(@Nullable IOException failure, Told done) {
        if (failure != null) {
            trouble = String.valueOf(failure.getMessage());
        }
        ended(done);
    }

    private void ended(Told done) {
        if (left.decrementAndGet() == 0) {
            done.accept(outcome());
        }
    }

    private Outcome outcome() {
        String wrong = trouble;
        List<LogCut.Kept> all = new ArrayList<>();
        files.forEach(all::addAll);
        return new Outcome(wrong == null ? all : List.of(), wrong, image);
    }
}
