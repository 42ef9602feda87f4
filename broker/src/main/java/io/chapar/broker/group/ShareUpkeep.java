package io.chapar.broker.group;

import io.chapar.broker.group.GroupRecord.OfShares;
import io.chapar.broker.group.consumer.PartitionSet;
import io.chapar.broker.group.consumer.Targets;
import io.chapar.broker.group.consumer.TopicDirectory;
import io.chapar.broker.group.share.ShareGroup;
import io.chapar.broker.group.share.ShareGroupRecord;
import io.chapar.broker.group.share.ShareGroupRecord.EpochSet;
import io.chapar.broker.group.share.ShareGroupRecord.TopicsSet;
import io.chapar.broker.group.share.ShareMember;
import io.chapar.broker.group.share.ShareTargets;
import io.chapar.broker.group.share.ShareTopics;
import io.chapar.broker.share.state.ShareKey;
import io.chapar.broker.share.state.ShareStateCommand;
import io.chapar.broker.share.state.ShareStateCommand.Delete;
import io.chapar.broker.share.state.ShareStateCommand.Initialize;
import io.chapar.broker.share.state.ShareStateReply;
import io.chapar.protocol.ErrorCode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/// What becomes of share groups with time: members are lost, topics change, states of partitions are begun before
/// members read them and forgotten when their topics are no more, and who reads what is worked out anew.
final class ShareUpkeep implements Upkeep<ShareSide> {
    /// Of states, in one turn; more follow.
    private static final int MAX_ASKED_AT_ONCE = 500;

    private final GroupWriter writer;
    private GroupOutlook cluster = GroupOutlook.EMPTY;
    private final Map<Long, Then> asks = new LinkedHashMap<>();
    private long lastAsk = 0;

    /// Runs when what was asked is answered, and the group is not being written.
    interface Then {
        void now(Group group, List<ShareStateReply> replies, Step step);
    }

    ShareUpkeep(GroupWriter writer) {
        this.writer = writer;
    }

    TopicDirectory directory() {
        return cluster.topics();
    }

    GroupOutlook.OfGroup times(String groupId) {
        return cluster.shares().of(groupId);
    }

    @Override
    public void see(GroupOutlook now) {
        cluster = now;
    }

    @Override
    public void tell(ShareSide side, Set<String> topics) {
        if (topics.isEmpty()) {
            side.pace().set(times(side.group().id()).assignmentMs());
        } else if (ModernSide.meet(side.group().topics(), topics)
                || side.group().begun().names().values().stream().anyMatch(topics::contains)) {
            side.becomeStale();
        }
    }

    // ---- write

    static List<GroupRecord> wrapped(List<? extends ShareGroupRecord> records) {
        List<GroupRecord> all = new ArrayList<>(records.size());
        records.forEach(record -> all.add(new OfShares(record)));
        return all;
    }

    @Override
    public GroupWriter writer() {
        return writer;
    }

    long hash(ShareGroup group) {
        return Targets.metadataHash(group.topics(), directory());
    }

    @Override
    public Shares shares(ShareSide side, long nowMs) {
        ShareGroup known = side.group();
        TopicDirectory topics = directory();
        return new Shares(ShareTargets.steps(known, topics), () -> wrapped(ShareTargets.share(known, topics, nowMs)));
    }

    /// Members that are no more, and what that changes for the others.
    static List<GroupRecord> gone(ShareGroup known, List<ShareMember> members) {
        List<ShareGroupRecord> records = new ArrayList<>();
        members.forEach(member -> records.addAll(known.forget(member.id())));
        records.add(new EpochSet(known.id(), known.epoch() + 1, known.metadataHash()));
        return wrapped(records);
    }

    // ---- ask

    /// Asks whoever keeps the states.
    void ask(Group group, List<ShareStateCommand> commands, Step step, Then then) {
        long id = ++lastAsk;
        asks.put(id, then);
        step.out().accept(new GroupEffect.AskShareStates(id, group.id(), commands));
    }

    void answered(Group group, ShareCommands.SharesAnswered answered, Step step) {
        Then then = asks.remove(answered.ask());
        if (then != null) {
            then.now(group, answered.replies(), step);
        }
    }

    // ---- time

    @Override
    public void begin(ShareSide side, long nowMs) {
        ShareGroup known = side.group();
        side.pace().begin(nowMs);
        side.pace().set(times(known.id()).assignmentMs());
        for (ShareMember member : known.members()) {
            side.deadlines().renewSession(member.id(), nowMs + times(known.id()).sessionMs());
        }
        side.becomeStale();
    }

    @Override
    public void drop(Group group, ShareSide side, List<String> lost, Step step, GroupWriter.Settled settled) {
        List<ShareMember> members = side.group().members(lost);
        if (!members.isEmpty()) {
            write(group, gone(side.group(), members), 0, step, settled);
        }
    }

    // ---- topics

    /// Begins the states of what members want and have none of, and forgets those of topics that are no more.
    @Override
    public void look(Group group, ShareSide side, Step step) {
        ShareGroup known = side.group();
        List<ShareStateCommand> commands = new ArrayList<>();
        SortedMap<UUID, String> names = new TreeMap<>();
        boolean isAll = toBegin(known, commands, names) && toForget(known, commands);
        // Whatever changes from here on is looked at afterwards.
        side.looked();
        if (commands.isEmpty()) {
            long hash = hash(known);
            if (!known.isEmpty() && hash != known.metadataHash()) {
                changeEpoch(group, side, hash, step);
            } else {
                side.endAsking(step);
            }
            return;
        }
        side.beginAsking();
        ask(group, commands, step, (now, replies, then) -> {
            PartitionSet.Builder begun = new PartitionSet.Builder();
            PartitionSet.Builder gone = new PartitionSet.Builder();
            boolean isWhole = isAll;
            for (int i = 0; i < commands.size(); i++) {
                ShareKey key = commands.get(i).key();
                if (replies.get(i).error() != ErrorCode.NONE) {
                    isWhole = false;
                } else if (commands.get(i) instanceof Initialize) {
                    begun.add(key.topicId(), key.partition());
                } else {
                    gone.add(key.topicId(), key.partition());
                }
            }
            looked(now, side, known.begun().changed(names, begun.build(), gone.build()), isWhole, then);
        });
    }

    private void changeEpoch(Group group, ShareSide side, long hash, Step step) {
        ShareGroup known = side.group();
        write(group, wrapped(List.of(new EpochSet(known.id(), known.epoch() + 1, hash))), 0, step, (error, then) -> {
            if (error != ErrorCode.NONE) {
                side.lookLater(then.nowMs());
            }
            side.endAsking(then);
        });
    }

    private void looked(Group group, ShareSide side, ShareTopics topics, boolean isWhole, Step step) {
        ShareGroup known = side.group();
        if (!isWhole) {
            side.lookLater(step.nowMs());
        }
        if (!side.equals(group.side())) {
            side.endAsking(step);
            return;
        }
        if (topics.equals(known.begun())) {
            side.endAsking(step);
            return;
        }
        List<ShareGroupRecord> records = List.of(
                new TopicsSet(known.id(), topics), new EpochSet(known.id(), known.epoch() + 1, hash(known)));
        write(group, wrapped(records), 0, step, (error, then) -> {
            if (error != ErrorCode.NONE) {
                side.lookLater(then.nowMs());
            }
            side.endAsking(then);
        });
    }

    /// @return whether that is all
    private boolean toBegin(ShareGroup known, List<ShareStateCommand> commands, SortedMap<UUID, String> names) {
        for (String name : known.topics()) {
            TopicDirectory.Topic topic = directory().topic(name);
            for (int partition = 0; topic != null && partition < topic.partitions(); partition++) {
                if (known.begun().partitions().has(topic.id(), partition)) {
                    continue;
                }
                if (commands.size() == MAX_ASKED_AT_ONCE) {
                    return false;
                }
                names.put(topic.id(), name);
                commands.add(new Initialize(
                        new ShareKey(known.id(), topic.id(), partition), known.epoch(), -1));
            }
        }
        return true;
    }

    private boolean toForget(ShareGroup known, List<ShareStateCommand> commands) {
        boolean[] isAll = {true};
        known.begun().partitions().each((topic, partition) -> {
            if (directory().name(topic) == null) {
                if (commands.size() >= MAX_ASKED_AT_ONCE) {
                    isAll[0] = false;
                } else {
                    commands.add(new Delete(new ShareKey(known.id(), topic, partition)));
                }
            }
        });
        return isAll[0];
    }
}
