package io.chapar.broker.group;

import io.chapar.broker.group.ShareCommands.ForgetShares;
import io.chapar.broker.group.ShareCommands.ShareHeartbeat;
import io.chapar.broker.share.state.ShareStateCommand;
import io.chapar.broker.share.state.ShareStateReply;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
}
