package io.chapar.client.consumer;

import io.chapar.client.ChaparException;
import io.chapar.client.GroupMetadata;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.SortedSet;

/// What an attempt to join a group came to.
sealed interface JoinOutcome {
    /// `duty` is null but for the leader.
    record Joined(GroupMetadata as, SortedSet<TopicPartition> assigned, Standbys standbys,
            @Nullable LeaderDuty duty) implements JoinOutcome {
    }

    /// The coordinator has given an id, and wants to be asked again under it.
    record Named() implements JoinOutcome {
    }

    /// The group has begun to rebalance anew meanwhile.
    record Overtaken() implements JoinOutcome {
    }

    /// `what` was asked of the coordinator, which does not take this member for what it says to be.
    record Expelled(ErrorCode code, String what) implements JoinOutcome {
    }

    /// It did not come about; [JoinCore#notBeforeMs] says when to try again. `cause` is what the user has to know, or
    /// null.
    record NotNow(@Nullable ChaparException cause) implements JoinOutcome {
    }
}
