package io.chapar.broker.group;

import io.chapar.broker.group.ShareCommands.ShareHeartbeat;
import io.chapar.broker.group.ShareReplies.ShareBeat;
import io.chapar.broker.group.streams.TaskConfig;
import io.chapar.broker.share.state.ShareStateReply;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// A coordinator whose clock is behind the one that shared out last, of another broker or before a restart: what it
/// shares out waits no longer for that.
class SteppedClockGroupTest {
    private static final int ASSIGNMENT_MS = 1_000;
    private static final long BEHIND_MS = 1_200_000;

    private final GroupLab lab = new GroupLab(GroupLab.withoutDelay());

    private void restartBehind() {
        lab.nowMs -= BEHIND_MS;
        lab.restart();
        lab.advance(0);
    }

    @Test
    void consumersGetTheirPart() {
        lab.see(new TestTopics(new TreeMap<>(Map.of("in", 4))), ASSIGNMENT_MS);
        TestConsumer a = new TestConsumer(lab, "a", "in");
        TestConsumer b = new TestConsumer(lab, "b", "in");
        a.beat();
        restartBehind();
        b.beat();
        lab.advance(ASSIGNMENT_MS);
        for (int i = 0; i < 3; i++) {
            a.beat();
            b.beat();
        }
        assertEquals(2, a.owned.size());
        assertEquals(2, b.owned.size());
        // From here on times are its own.
        lab.see(new TestTopics(new TreeMap<>(Map.of("in", 6))), ASSIGNMENT_MS, "in");
        lab.advance(ASSIGNMENT_MS - 1);
        a.beat();
        assertEquals(2, a.owned.size());
        lab.advance(1);
        a.beat();
        assertEquals(3, a.owned.size());
    }

    @Test
    void streamsGetTheirPart() {
        GroupOutlook.OfGroup times = new GroupOutlook.OfGroup(45_000, 5_000, ASSIGNMENT_MS);
        TaskConfig tasks = new TaskConfig(0, 0, 10_000, List.of());
        lab.see(new GroupOutlook(TestStreamsMember.topics(2), _ -> times,
                _ -> new GroupOutlook.OfStreamsGroup(times, 0, 60_000, tasks)));
        TestStreamsMember one = new TestStreamsMember(lab, "one", "p1");
        TestStreamsMember two = new TestStreamsMember(lab, "two", "p2");
        one.beat();
        restartBehind();
        two.beat();
        lab.advance(ASSIGNMENT_MS);
        for (int i = 0; i < 3; i++) {
            one.beat();
            two.beat();
        }
        assertEquals(2, one.owned.active().size());
        assertEquals(2, two.owned.active().size());
    }

    @Test
    void membersOfAShareGroupGetTheirPart() {
        lab.see(new TestTopics(new TreeMap<>(Map.of("in", 4))), ASSIGNMENT_MS);
        assertEquals(4, share("a").assignment().size());
        restartBehind();
        share("b");
        lab.advance(ASSIGNMENT_MS);
        assertEquals(2, share("b").assignment().size());
    }

    /// Joins, also anew.
    private ShareBeat share(String member) {
        long request = lab.submit(new ShareHeartbeat("g", member, 0, null, "c", "h", new TreeSet<>(List.of("in"))));
        while (!lab.shareStates.isEmpty()) {
            GroupEffect.AskShareStates ask = lab.shareStates.removeFirst();
            lab.submit(new ShareCommands.SharesAnswered(ask.groupId(), ask.id(),
                    ask.commands().stream().map(_ -> ShareStateReply.of(ErrorCode.NONE)).toList()));
        }
        return (ShareBeat) lab.reply(request);
    }
}
