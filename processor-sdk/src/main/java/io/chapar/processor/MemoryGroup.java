package io.chapar.processor;

import io.chapar.client.AbortableException;
import io.chapar.client.FencedException;
import io.chapar.client.GroupMetadata;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;

/// The one group of a [MemoryCluster], with the classic protocol's promises: in a rebalance each member gives up what
/// it owns before anybody gets it, a member that the group has forgotten learns it at its next poll, and only members
/// of the present generation commit.
final class MemoryGroup {
    private static final String NAME = "group";

    private final SortedSet<TopicPartition> inputs;
    private final UnaryOperator<String> stages;
    /// By member id.
    private final TreeMap<String, Member> members = new TreeMap<>();
    private final TreeSet<String> rejoined = new TreeSet<>();
    private int generation;
    private int ids;
    private boolean preparing;

    /// `stages` lead of each input topic's stage: what is of one stage and one number goes to one member.
    MemoryGroup(SortedSet<TopicPartition> inputs, UnaryOperator<String> stages) {
        this.inputs = inputs;
        this.stages = stages;
    }

    /// One process's membership; `id` changes when it has to join anew.
    static final class Member {
        private final String instance;
        private final TreeSet<TopicPartition> owned = new TreeSet<>();
        private final TreeSet<TopicPartition> unstarted = new TreeSet<>();
        private @Nullable TreeSet<TopicPartition> offered;
        private String id = "";
        private int generation = GroupMetadata.NO_GENERATION;

        Member(String instance) {
            this.instance = instance;
        }

        SortedSet<TopicPartition> owned() {
            return owned;
        }

        /// Its position has not been asked for since it was assigned.
        boolean isNew(TopicPartition partition) {
            return unstarted.contains(partition);
        }

        void started(TopicPartition partition) {
            unstarted.remove(partition);
        }

        GroupMetadata identity() {
            return new GroupMetadata(NAME, generation, id, null);
        }

        private SortedSet<TopicPartition> giveUp() {
            TreeSet<TopicPartition> gone = new TreeSet<>(owned);
            owned.clear();
            unstarted.clear();
            return gone;
        }
    }

    SortedSet<TopicPartition> inputs() {
        return inputs;
    }

    Member member(String instance) {
        return new Member(instance);
    }

    boolean isStable() {
        return !preparing && members.values().stream().allMatch(member -> member.offered == null);
    }

    void rebalance() {
        preparing = true;
        rejoined.clear();
        members.values().forEach(member -> member.offered = null);
    }

    /// The session of this instance's member is over, whether its process lives or not.
    void expire(String instance) {
        if (members.values().removeIf(member -> member.instance.equals(instance))) {
            rebalance();
        }
    }

    void requireCurrent(GroupMetadata identity) {
        Member known = members.get(identity.memberId());
        if (known == null) {
            throw new FencedException(ErrorCode.UNKNOWN_MEMBER_ID, "no such member: " + identity.memberId());
        }
        if (known.generation != identity.generation() || identity.generation() != generation) {
            throw new AbortableException(ErrorCode.ILLEGAL_GENERATION, "generation is " + generation + " now");
        }
    }

    /// A poll's part in the group: hear of changes, join, take over what was assigned.
    void takePart(Member member, RecordSource.Rebalance listener) {
        if (members.get(member.id) != member) {
            if (!member.owned.isEmpty()) {
                listener.lost(member.giveUp());
            }
            member.offered = null;
            member.id = member.instance + "-" + ++ids;
            members.put(member.id, member);
            rebalance();
            rejoined.add(member.id);
        } else if (preparing && !rejoined.contains(member.id)) {
            if (!member.owned.isEmpty()) {
                revoke(member, listener);
            }
            if (members.get(member.id) == member) {
                rejoined.add(member.id);
            }
        }
        if (preparing && !members.isEmpty() && rejoined.containsAll(members.keySet())) {
            complete();
        }
        if (member.offered != null && members.get(member.id) == member) {
            member.generation = generation;
            member.owned.addAll(member.offered);
            member.unstarted.addAll(member.offered);
            member.offered = null;
            listener.assigned(new TreeSet<>(member.owned));
        }
    }

    /// In here every call ends at once, so the member has given everything up when it has been told.
    private static void revoke(Member member, RecordSource.Rebalance listener) {
        AtomicBoolean done = new AtomicBoolean();
        listener.revoked(new TreeSet<>(member.owned), () -> done.set(true));
        if (!done.get()) {
            throw new IllegalStateException(member.id + " keeps its partitions");
        }
        member.giveUp();
    }

    private void complete() {
        preparing = false;
        generation++;
        List<Member> everybody = new ArrayList<>(members.values());
        List<TreeSet<TopicPartition>> shares = new ArrayList<>();
        for (Member member : everybody) {
            TreeSet<TopicPartition> share = new TreeSet<>();
            member.offered = share;
            shares.add(share);
        }
        int turn = generation;
        TreeMap<TopicPartition, TreeSet<TopicPartition>> together = new TreeMap<>();
        for (TopicPartition input : inputs) {
            together.computeIfAbsent(new TopicPartition(stages.apply(input.topic()), input.partition()),
                    stage -> new TreeSet<>()).add(input);
        }
        for (TreeSet<TopicPartition> stage : together.values()) {
            shares.get(Math.floorMod(turn++, shares.size())).addAll(stage);
        }
    }

    void leave(Member member, RecordSource.Rebalance listener) {
        if (members.get(member.id) != member) {
            listener.lost(member.giveUp());
            return;
        }
        revoke(member, listener);
        members.remove(member.id);
        rebalance();
    }
}
