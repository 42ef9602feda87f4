package io.chapar.broker.group;

import io.chapar.broker.group.ShareCommands.ForgetShares;
import io.chapar.broker.group.ShareCommands.ShareHeartbeat;
import io.chapar.broker.share.state.ShareStateCommand;
import io.chapar.broker.share.state.ShareStateReply;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A share group, and the states of the partitions that it reads.
class ShareGroupScenarios {
    private final GroupLab lab = new GroupLab();
    private TestTopics topics = new TestTopics(Map.of("in", 1));

    private void beat(int epoch) {
        lab.submit(new ShareHeartbeat("g", "m", epoch, null, "c", "h", new TreeSet<>(List.of("in"))));
    }

    /// What is asked of whoever keeps the states; nothing can be deleted there now, if `keeps`.
    private List<ShareStateCommand> answerStates(boolean keeps) {
        List<ShareStateCommand> asked = new ArrayList<>();
        while (!lab.shareStates.isEmpty()) {
            GroupEffect.AskShareStates ask = lab.shareStates.removeFirst();
            asked.addAll(ask.commands());
            lab.submit(new ShareCommands.SharesAnswered("g", ask.id(), ask.commands().stream()
                    .map(one -> ShareStateReply.of(keeps && one instanceof ShareStateCommand.Delete
                            ? ErrorCode.COORDINATOR_NOT_AVAILABLE : ErrorCode.NONE)).toList()));
        }
        return asked;
    }

    /// What is kept of a topic that is no more goes with that of its namesake.
    @Test
    void allThatIsKeptUnderANameIsForgottenTogether() {
        lab.see(topics, 0);
        beat(0);
        answerStates(true);
        topics = topics.with("in", 0).with("in", 1);
        lab.see(topics, 0, "in");
        lab.advance(0);
        answerStates(true);
        beat(-1);
        lab.shareStates.clear();
        lab.submit(new ForgetShares("g", new LinkedHashSet<>(List.of("in"))));
        TreeSet<String> forgotten = new TreeSet<>();
        answerStates(false).forEach(one -> forgotten.add(TestTopics.label(one.key().topicId())));
        assertEquals(new TreeSet<>(List.of("in", "in~1")), forgotten);
    }

    private long beat(String member, int epoch, TreeSet<String> wanted) {
        return lab.submit(new ShareHeartbeat("g", member, epoch, null, "c", "h", wanted));
    }

    /// It is not without members any more, and they may have read already; but what has a state goes with the group.
    @Test
    void aGroupThatIsJoinedWhileItIsMovedIsToldToHaveMembers() {
        topics = new TestTopics(Map.of("in", 1, "other", 1));
        lab.see(topics, 0);
        beat(0);
        answerStates(false);
        beat(-1);
        UUID other = requireNonNull(topics.topic("other")).id();
        long moved = lab.submit(new ShareCommands.AlterShares("g", new LinkedHashMap<>(Map.of(other, "other")),
                new LinkedHashMap<>(Map.of(new ShareCommands.Place(other, 0), 7L))));
        assertEquals(1, lab.shareStates.size());
        beat(0);
        answerStates(false);
        lab.advance(0);
        assertEquals(ErrorCode.NON_EMPTY_GROUP, requireNonNull(lab.reply(moved)).error());
        ShareReplies.SharesDescribed described = (ShareReplies.SharesDescribed) requireNonNull(
                lab.reply(lab.submit(new ShareCommands.DescribeShares("g"))));
        assertTrue(described.begun().partitions().has(other, 0));
    }

    @Test
    void whatTakesLongIsWorkedOutBesideTheLoop() {
        int count = 200;
        SortedMap<String, Integer> all = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            all.put("t" + i, 1);
        }
        lab.see(new TestTopics(all), 0);
        beat("m0", 0, new TreeSet<>(all.keySet()));
        answerStates(false);
        int members = (int) ConsumerUpkeep.SHARED_AT_ONCE / count;
        for (int i = 1; i < members - 10; i++) {
            beat("m" + i, 0, new TreeSet<>(List.of("t" + i)));
        }
        lab.advance(10_000);
        assertTrue(lab.works.isEmpty());

        lab.holdsWorks = true;
        List<Long> asked = new ArrayList<>();
        for (int i = members - 10; i < members + 10; i++) {
            asked.add(beat("m" + i, 0, new TreeSet<>(List.of("t" + i))));
            lab.advance(10);
        }
        lab.advance(10_000);
        assertEquals(1, lab.works.size(), "one at a time");
        long deleted = lab.submit(new GroupCommand.DeleteGroup("g"));
        assertNull(lab.reply(deleted), "nothing changes the group meanwhile");

        lab.holdsWorks = false;
        lab.settle();
        answerStates(false);
        lab.advance(10_000);
        asked.forEach(request -> assertNotNull(lab.reply(request)));
        assertNotNull(lab.reply(deleted));
        assertEquals(ErrorCode.NONE, ((ShareReplies.ShareBeat) requireNonNull(lab.reply(
                beat("m0", 0, new TreeSet<>(all.keySet()))))).error());
    }
}
