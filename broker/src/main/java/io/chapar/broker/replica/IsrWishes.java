package io.chapar.broker.replica;

import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.MetadataCommand.ChangeIsr;
import io.chapar.broker.metadata.MetadataCommand.InSync;
import io.chapar.broker.metadata.MetadataCommand.IsrWish;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.Refused;
import io.chapar.broker.metadata.MetadataLog.Unknown;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.IsrCore;
import io.chapar.broker.partition.Leadership;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;

/// Asks the cluster to take others for in sync, for all partitions of one loop that this broker leads: those that are
/// wished for at one time in one command. A partition is looked at while something is to be expected of time, and not
/// while all replicas are in sync and have all.
///
/// What became of a wish is what the image shows, once it is known that the wish has no part in it any more. One whose
/// outcome is not known is asked for again, the very same: it is decided once, by compare-and-set. Of those that are to
/// be in sync it names the lives that had what the leader knew when it wished, not those that they live by then: what
/// a broker has lost with an earlier life it is not in sync with.
///
/// Whom the controller would not take in is not wished for, since a wish is refused as a whole: a broker that starts
/// follows each partition as soon as that is open, and may be fenced for long after that. Others come and go meanwhile.
final class IsrWishes {
    static final long LOOK_MS = 250;
    static final long AGAIN_MS = 1_000;
    /// In one command.
    static final int MOST = 1_000;

    private final int node;
    private final long life;
    private final Loop loop;
    private final MetadataLog metadata;
    private final Lives lives;
    private final BooleanSupplier cutOff;
    private final Set<Partition> watched = new LinkedHashSet<>();
    private boolean planned;

    /// @param members whom the wish names, each in the life that was heard when it was made
    private record Asked(Partition partition, Leadership leadership, IsrCore.Wish wish, List<InSync> members) {}

    /// In which life who acknowledges has acknowledged.
    @FunctionalInterface
    interface Lives {
        long heard(TopicPartition partition, int node);
    }

    /// @param life of this broker
    /// @param cutOff whether this broker is, and so has nobody to ask
    IsrWishes(int node, long life, Loop loop, MetadataLog metadata, Lives lives, BooleanSupplier cutOff) {
        this.node = node;
        this.life = life;
        this.loop = loop;
        this.metadata = metadata;
        this.lives = lives;
        this.cutOff = cutOff;
    }

    void watch(Partition partition) {
        watched.add(partition);
        if (!planned) {
            planned = true;
            loop.schedule(LOOK_MS, this::look);
        }
    }

    private void look() {
        planned = false;
        List<Asked> asked = new ArrayList<>();
        for (Partition partition : List.copyOf(watched)) {
            Leadership leadership = partition.leadership();
            if (leadership == null) {
                watched.remove(partition);
            } else if (cutOff.getAsBoolean()) {
                leadership.cutOff();
            } else if (asked.size() < MOST) {
                IsrCore.Wish wish = leadership.wish(node -> mayJoin(partition, node));
                if (wish != null) {
                    asked.add(new Asked(partition, leadership, wish, members(partition, wish)));
                } else if (leadership.isSettled()) {
                    watched.remove(partition);
                }
            }
        }
        if (!asked.isEmpty()) {
            ask(asked);
        }
        if (!watched.isEmpty() && !planned) {
            planned = true;
            loop.schedule(LOOK_MS, this::look);
        }
    }

    /// Whether the cluster would take it for in sync: it is not fenced, and no other life of it has begun since.
    private boolean mayJoin(Partition partition, int other) {
        BrokerImage known = metadata.image().brokers().get(other);
        return known != null && known.isActive() && known.epoch() == lives.heard(partition.id(), other);
    }

    private void ask(List<Asked> asked) {
        List<IsrWish> wishes = asked.stream().map(IsrWishes::wish).toList();
        metadata.propose(new ChangeIsr(node, life, wishes), loop, proposed -> {
            switch (proposed) {
                case Committed<?> _, Refused<?> _ -> asked.forEach(this::answered);
                case Unknown<?> _ -> loop.schedule(AGAIN_MS, () -> {
                    List<Asked> left = asked.stream().filter(IsrWishes::isLed).toList();
                    if (!left.isEmpty()) {
                        ask(left);
                    }
                });
            }
        });
    }

    private List<InSync> members(Partition partition, IsrCore.Wish wish) {
        return wish.isr().stream().map(member ->
                new InSync(member, member == node ? life : lives.heard(partition.id(), member))).toList();
    }

    private static IsrWish wish(Asked asked) {
        return new IsrWish(asked.partition().topicId(), asked.partition().id().partition(),
                asked.partition().leaderEpoch(), asked.wish().partitionEpoch(), asked.members(), false);
    }

    private static boolean isLed(Asked asked) {
        return asked.leadership().equals(asked.partition().leadership());
    }

    /// The image shows what was decided, and nothing else will come of the wish. What it shows, the partition becomes
    /// with all that it shows, settings first: by an older minimum in sync a leader would commit without those whom the
    /// image has as eligible.
    private void answered(Asked asked) {
        Partition partition = asked.partition();
        TopicImage topic = metadata.image().topic(partition.id().topic());
        if (!isLed(asked) || topic == null || !topic.id().equals(partition.topicId())) {
            return;
        }
        PartitionImage latest = topic.partition(partition.id().partition());
        if (latest.partitionEpoch() <= asked.wish().partitionEpoch()) {
            asked.leadership().refused(asked.wish());
        }
    }
}
