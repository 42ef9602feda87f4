package io.chapar.client.consumer;

import io.chapar.client.ChaparException;
import org.jspecify.annotations.Nullable;

/// Where a member of a classic group is.
///
/// ```
/// Out --subscribe--> Waiting --in poll, listener told--> Joining ([JoinCore]) --> Member
///                      ^                                    |                       |
///                      +-- not now, another coordinator ----+                       |
///                      +-- rebalance, generation lost ------------------------------+
/// ```
sealed interface MembershipState {
    /// Nothing is subscribed.
    record Out() implements MembershipState {
    }

    /// To join, in the next poll; with a generation as long as the coordinator has not taken it away.
    record Waiting() implements MembershipState {
    }

    record Joining() implements MembershipState {
    }

    /// `duty` is null but for the leader.
    record Member(@Nullable LeaderDuty duty) implements MembershipState {
    }

    /// Another consumer has this one's instance id. Only leaving leads out of here.
    record Fenced(ChaparException cause) implements MembershipState {
    }
}
