package io.chapar.broker.metadata;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/// Who leads a partition, and who counts as in sync and as eligible, when brokers come and go, and replicas with them.
/// Pure functions.
///
/// The rules are those of KIP-966: while fewer than `minIsr` are in sync the high watermark stands still, so whoever
/// was in sync until then has all that is committed, and stays eligible when it leaves. In this order the next leader
/// is
///
/// 1. who leads, if it is alive and in sync;
/// 2. the first replica that is alive and in sync;
/// 3. the first that is alive and eligible, which is then the only one in sync;
/// 4. who led last, if it is alive, has the folder that it had, and nobody else is in sync or eligible;
/// 5. where that is allowed, the first that is alive.
///
/// Who led last is remembered from when nobody leads, while others are still in sync or eligible: those may lose what
/// they have later, each with the registration of its next life, and then nobody else would be left for 4.
///
/// In 4 and 5 records that were acknowledged may be lost: the partition is recovering until its leader says otherwise.
///
/// @param alive who may lead
/// @param minIsr of the topic, at least 1
/// @param unclean whether the topic allows 5
record Election(IntPredicate alive, int minIsr, boolean unclean) {

    /// The broker is not in session any more. What it has written is there.
    PartitionImage fenced(PartitionImage was, int broker) {
        return without(was, broker, true);
    }

    /// The broker begins a life without a proof that all is there that it had acknowledged.
    PartitionImage lost(PartitionImage was, int broker) {
        return without(was, broker, false);
    }

    /// The broker begins a life in a folder that is not the one it had. That it has led last says nothing of that one,
    /// and the others would cut their logs to it.
    PartitionImage replaced(PartitionImage was, int broker) {
        PartitionImage is = lost(was, broker);
        return is.lastLeader() != broker ? is : counted(was, is.with(
                is.leader(), is.isr(), is.elr(), PartitionImage.NO_LEADER, is.recovering()));
    }

    private PartitionImage without(PartitionImage was, int broker, boolean staysEligible) {
        List<Integer> isr = less(was.isr(), broker);
        List<Integer> elr = eligible(was, isr, staysEligible ? PartitionImage.NO_LEADER : broker);
        return decided(was, isr, elr);
    }

    /// Somebody came to life: whoever has no leader may get one.
    PartitionImage unfenced(PartitionImage was) {
        return was.leader() != PartitionImage.NO_LEADER ? was : decided(was, was.isr(), was.elr());
    }

    /// The first replica leads, where it is alive and in sync.
    PartitionImage preferred(PartitionImage was) {
        int first = was.replicas().getFirst();
        return first == was.leader() || !alive.test(first) || !was.isr().contains(first) ? was
                : ledBy(was, first, was.isr(), was.elr(), was.recovering());
    }

    /// The leader has another set in sync.
    PartitionImage inSync(PartitionImage was, List<Integer> isr, boolean recovering) {
        return counted(was, was.with(was.leader(), isr, eligible(was, isr, PartitionImage.NO_LEADER),
                PartitionImage.NO_LEADER, recovering));
    }

    /// So many have to be in sync from here on. Where that is no more than are, the high watermark rises without those
    /// that are eligible.
    PartitionImage required(PartitionImage was) {
        return counted(was, was.with(was.leader(), was.isr(), stillEligible(was, was.isr(), was.elr()),
                was.lastLeader(), was.recovering()));
    }

    /// Those of them that are eligible while these are in sync: nobody, where that is enough.
    private List<Integer> stillEligible(PartitionImage was, List<Integer> isr, List<Integer> some) {
        return isr.size() >= was.enough(minIsr) ? List.of() : some;
    }

    /// @param not who is not, whatever it was; or [PartitionImage#NO_LEADER]
    private List<Integer> eligible(PartitionImage was, List<Integer> isr, int not) {
        if (isr.size() >= was.enough(minIsr)) {
            return List.of();
        }
        Set<Integer> some = new LinkedHashSet<>(was.isr());
        some.addAll(was.elr());
        isr.forEach(some::remove);
        some.remove(not);
        return List.copyOf(some);
    }

    private PartitionImage decided(PartitionImage was, List<Integer> isr, List<Integer> elr) {
        int inSync = alive.test(was.leader()) && isr.contains(was.leader())
                ? was.leader() : firstAlive(was.replicas(), isr);
        if (inSync != PartitionImage.NO_LEADER) {
            return ledBy(was, inSync, isr, elr, was.recovering());
        }
        int eligible = firstAlive(was.replicas(), elr);
        if (eligible != PartitionImage.NO_LEADER) {
            return ledBy(was, eligible, List.of(eligible), less(elr, eligible), was.recovering());
        }
        int last = lastLeader(was);
        if (isr.isEmpty() && elr.isEmpty() && last != PartitionImage.NO_LEADER && alive.test(last)) {
            return ledBy(was, last, List.of(last), List.of(), true);
        }
        int any = unclean ? firstAlive(was.replicas(), was.replicas()) : PartitionImage.NO_LEADER;
        if (any != PartitionImage.NO_LEADER) {
            return ledBy(was, any, List.of(any), List.of(), true);
        }
        return counted(was, was.with(PartitionImage.NO_LEADER, isr, elr, last, was.recovering()));
    }

    private static int lastLeader(PartitionImage was) {
        return was.leader() != PartitionImage.NO_LEADER ? was.leader() : was.lastLeader();
    }

    /// Who was eligible is so no more where this leader alone is enough: that was made so while nobody led.
    private PartitionImage ledBy(
            PartitionImage was, int leader, List<Integer> isr, List<Integer> elr, boolean recovering) {
        return counted(was, was.with(
                leader, isr, stillEligible(was, isr, elr), PartitionImage.NO_LEADER, recovering));
    }

    /// With its epochs: that of the leader rises with who leads and when somebody is no replica any more, that of the
    /// partition with anything.
    ///
    /// Who is no replica any more loses its log, and may become one again before its leader has seen that it was none.
    /// What it has acknowledged in the epoch before does not count then.
    private static PartitionImage counted(PartitionImage was, PartitionImage is) {
        if (is.equals(was)) {
            return was;
        }
        boolean sameEpoch = is.leader() == was.leader() && is.replicas().containsAll(was.replicas());
        return new PartitionImage(is.leader(), was.leaderEpoch() + (sameEpoch ? 0 : 1), was.partitionEpoch() + 1,
                is.replicas(), is.isr(), is.elr(), is.lastLeader(), is.recovering(), is.reassignment());
    }

    // ---- other replicas

    /// Has more replicas, or the same in another order; who leads and who is in sync stays as it is.
    PartitionImage withReplicas(PartitionImage was, List<Integer> replicas, @Nullable Reassignment reassignment) {
        return counted(was, new PartitionImage(was.leader(), was.leaderEpoch(), was.partitionEpoch(), replicas,
                was.isr(), was.elr(), was.lastLeader(), was.recovering(), reassignment));
    }

    /// Has these replicas and none of the others that it had. Null where that would leave nobody who has all that is
    /// committed, or nobody to lead what is led.
    @Nullable PartitionImage onlyOn(PartitionImage was, List<Integer> replicas, @Nullable Reassignment reassignment) {
        List<Integer> isr = was.isr().stream().filter(replicas::contains).toList();
        List<Integer> elr = was.elr().stream().filter(replicas::contains).toList();
        boolean anyBefore = !was.isr().isEmpty() || !was.elr().isEmpty();
        if (anyBefore && isr.isEmpty() && elr.isEmpty()) {
            return null;
        }
        int leader = was.leader();
        if (leader != PartitionImage.NO_LEADER && !isr.contains(leader)) {
            leader = firstAlive(replicas, isr);
            if (leader == PartitionImage.NO_LEADER) {
                leader = firstAlive(replicas, elr);
                isr = List.of(leader);
            }
            if (leader == PartitionImage.NO_LEADER) {
                return null;
            }
        }
        PartitionImage is = new PartitionImage(leader, was.leaderEpoch(), was.partitionEpoch(), replicas, isr, elr,
                replicas.contains(was.lastLeader()) ? was.lastLeader() : PartitionImage.NO_LEADER, was.recovering(),
                reassignment);
        List<Integer> eligible = eligible(is, isr, PartitionImage.NO_LEADER);
        return counted(was, is.with(leader, isr, eligible, is.lastLeader(), is.recovering()));
    }

    private int firstAlive(List<Integer> replicas, List<Integer> among) {
        for (int replica : replicas) {
            if (among.contains(replica) && alive.test(replica)) {
                return replica;
            }
        }
        return PartitionImage.NO_LEADER;
    }

    private static List<Integer> less(List<Integer> all, int one) {
        List<Integer> left = new ArrayList<>(all);
        left.removeIf(each -> each == one);
        return List.copyOf(left);
    }
}
