package io.chapar.broker.peer;

import org.jspecify.annotations.Nullable;

/// What a link is for. Each purpose has connections of its own: what a follower has yet to take would stand before the
/// markers and heartbeats behind it.
public enum LinkPurpose {
    /// Requests of Kafka's and what is handed to the controller, and their answers in any order ([Questions]).
    QUESTIONS(1),
    /// What a loop of a follower and a leader say to each other ([io.chapar.broker.replica.FollowMessage]).
    FOLLOW(2),
    /// What voters say to each other ([Matter#SAYING], [Matter#CONSENSUS]). No cluster is named: there may be none yet.
    VOTERS(3),
    /// What voters tell those that do not vote of the metadata ([Matter#FEED]).
    FEED(4);

    private final int code;

    LinkPurpose(int code) {
        this.code = code;
    }

    /// As it stands in a hello.
    int code() {
        return code;
    }

    /// Null for one that nobody knows here.
    static @Nullable LinkPurpose of(int code) {
        for (LinkPurpose purpose : values()) {
            if (purpose.code == code) {
                return purpose;
            }
        }
        return null;
    }
}
