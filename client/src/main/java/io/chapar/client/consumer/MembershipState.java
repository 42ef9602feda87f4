package io.chapar.client.consumer;

import io.chapar.client.ChaparException;

/// Where a member of a classic group is.
///
/// ```
/// Out --subscribe--> Waiting --in poll, listener told--> Joining --> Syncing --> Member
///                      ^            Gathering (leader: topics of the others) --^    |
///                      +-- rebalance, another coordinator, generation lost ---------+
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

    /// The leader does not know all topics of the members yet.
    record Gathering() implements MembershipState {
    }

    record Syncing() implements MembershipState {
    }

    record Member() implements MembershipState {
    }

    /// Another consumer has this one's instance id. Only leaving leads out of here.
    record Fenced(ChaparException cause) implements MembershipState {
    }
}
