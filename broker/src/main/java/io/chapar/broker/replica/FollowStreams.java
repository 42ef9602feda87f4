package io.chapar.broker.replica;

import io.chapar.broker.runtime.Loop;

import java.util.List;

/// The way of [FollowMessage]s between brokers: one link from each loop of a follower to each broker that it follows,
/// and on it one stream for each loop of that broker.
///
/// ```
///  follower, broker 2                                  leader, broker 1
///  loop 0 --- link ------------------------------+---> loop 0 --- slots of the partitions that it owns
///             (hello: 2, its life; 1 has 2 loops) +---> loop 1 --- slots of the partitions that it owns
///  loop 1 --- link ------------------------------+---> loop 0
///                                                 +---> loop 1
/// ```
/// Which loop of the leader owns a partition follows from the partition's name and the number of loops there
/// ([io.chapar.broker.shard.Shards#indexOf]), which the leader tells when the link begins. Slots and credit are of one
/// stream: a number says nothing on another.
///
/// Frames of one stream arrive whole, once, and in the order in which they were sent, up to some point at which the
/// link ends for good, in both directions and for all its streams. Between streams there is no order. What was sent
/// before the end may have arrived, or not.
///
/// Bytes of batches that are sent are not changed afterwards by whoever sent them; those that are received are the
/// receiver's during the call alone. The credit in the messages bounds how many may be under way: a link keeps what it
/// is given, and never says that it is full.
public interface FollowStreams {
    /// Of a broker that follows nobody.
    FollowStreams NONE = (leader, loop, events) -> {
        loop.execute(() -> events.ended("broker " + leader + " is not known"));
        return new Link() {
            @Override
            public void send(int leaderLoop, List<FollowMessage.ToLeader> frame) {
                // It has never begun.
            }

            @Override
            public void close() {
                // As above.
            }
        };
    };

    /// Begins a link; it is dialled once. Whoever wants another, after its end, opens one.
    ///
    /// @param leader the node, whose address the image has
    /// @param loop of the follower, on which this is called, and on which all events come, none within a call to here
    Link open(int leader, Loop loop, Events events);

    /// The follower's end of a link. On the follower's loop.
    interface Link {
        /// After [Events#begun] alone. Without effect after the end.
        ///
        /// @param frame in one piece; not empty
        void send(int leaderLoop, List<FollowMessage.ToLeader> frame);

        /// No event comes any more.
        void close();
    }

    /// What becomes of a link, at the follower.
    interface Events {
        /// The leader answers; once, and before all that is received.
        ///
        /// @param leaderLoops how many loops it has; at least 1
        void begun(int leaderLoops);

        void received(int leaderLoop, List<FollowMessage.ToFollower> frame);

        /// Once, as the last; also where it never began: refused, not reached, or no answer in time.
        ///
        /// @param why for a log
        void ended(String why);
    }

    // ---- at the leader

    /// Where links of followers end. Whoever implements the links calls it from any thread, for one link from one at a
    /// time; it hands what comes to the loop that it is for.
    interface Accepting {
        /// How many loops this broker has, for [Events#begun].
        int loops();

        /// A follower has begun a link, and has proven who it is.
        Accepted accept(Follower who, Back back);
    }

    /// The leader's end of a link.
    interface Accepted {
        /// @param leaderLoop as the follower says, below [Accepting#loops]; otherwise the link is to be ended without
        ///        this call
        void received(int leaderLoop, List<FollowMessage.ToLeader> frame);

        /// Once, as the last, also after [Back#end].
        void ended();
    }

    /// To the follower. From the loop whose stream it is; those of several loops come side by side.
    interface Back {
        /// Without effect after the end.
        ///
        /// @param frame in one piece; not empty
        void send(int leaderLoop, List<FollowMessage.ToFollower> frame);

        /// Ends the link. What is under way need not arrive.
        ///
        /// @param why for a log
        void end(String why);
    }

    /// Who is at the other end of a link, by the hello.
    ///
    /// @param epoch that this life of the broker was registered with, as far as it knows. What an older life has
    ///        acknowledged does not count, and nor does that of one that the image here does not have yet
    /// @param loop which of its loops it is, for a log
    record Follower(int node, long epoch, int loop) {}
}
