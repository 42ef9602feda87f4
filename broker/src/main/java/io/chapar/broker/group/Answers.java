package io.chapar.broker.group;

import java.util.Iterator;
import java.util.Map;
import java.util.SequencedMap;

/// Answers to members of a group that come due together, given some at a time. Until the last of them is given nothing
/// else changes the group.
final class Answers {
    /// Of more, the others are given in turns that follow.
    static final int AT_ONCE = 1000;

    private final Iterator<Map.Entry<String, Long>> left;
    private final Answer answer;

    interface Answer {
        void to(String memberId, long request, Step step);
    }

    /// @param requests by member; nobody else has them any more
    Answers(SequencedMap<String, Long> requests, Answer answer) {
        this.left = requests.entrySet().iterator();
        this.answer = answer;
    }

    /// @return whether there are more
    boolean giveSome(Step step) {
        for (int i = 0; i < AT_ONCE && left.hasNext(); i++) {
            Map.Entry<String, Long> one = left.next();
            answer.to(one.getKey(), one.getValue(), step);
        }
        return left.hasNext();
    }
}
