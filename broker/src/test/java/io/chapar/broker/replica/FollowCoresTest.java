package io.chapar.broker.replica;

import io.chapar.broker.replica.FollowMessage.Acknowledge;
import io.chapar.broker.replica.FollowMessage.Batches;
import io.chapar.broker.replica.FollowMessage.Behind;
import io.chapar.broker.replica.FollowMessage.Credit;
import io.chapar.broker.replica.FollowMessage.Diverged;
import io.chapar.broker.replica.FollowMessage.Drop;
import io.chapar.broker.replica.FollowMessage.Refused;
import io.chapar.broker.replica.FollowMessage.Subscribe;
import io.chapar.broker.replica.FollowMessage.SyncAtOnce;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.LongStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Both ends of a stream, each by itself: what one message does.
class FollowCoresTest {
    private static final UUID TOPIC = new UUID(1, 1);
    private static final TopicPartition P = new TopicPartition("t", 0);
    private static final TopicPartition Q = new TopicPartition("t", 1);
    private static final int CREDIT = 100;

    // ---- the follower's end

    private List<Long> open = List.of();
    private final FollowerCore follower = new FollowerCore(CREDIT, _ -> open);
    private final List<FollowerEffect> done = new ArrayList<>();

    private List<FollowerEffect> taken() {
        List<FollowerEffect> all = List.copyOf(done);
        done.clear();
        return all;
    }

    private static FollowerEffect send(FollowMessage.ToLeader message) {
        return new FollowerEffect.Send(message);
    }

    private static ByteBuffer bytes(int size) {
        return ByteBuffer.allocate(size);
    }

    private void following(long end) {
        follower.linked(done::add);
        follower.follow(P, TOPIC, 5, end, 4, done::add);
        taken();
    }

    private void receive(FollowMessage.ToFollower message) {
        follower.received(message, 1_000, done::add);
    }

    @Test
    void aFollowerAsksFromWhereItsLogEnds() {
        follower.follow(P, TOPIC, 5, 7, 4, done::add);
        assertEquals(List.of(), taken());
        follower.linked(done::add);
        assertEquals(List.of(send(new Credit(CREDIT)), send(new Subscribe(0, TOPIC, 0, 5, 7, 4, List.of()))), taken());
    }

    @Test
    void aFollowerSaysWhichTransactionsAreOpenInItsLogAsItIsNow() {
        open = List.of(2L);
        following(7);
        open = List.of(3L, 6L);
        follower.linked(done::add);
        assertEquals(List.of(send(new Credit(CREDIT)), send(new Subscribe(0, TOPIC, 0, 5, 7, 4, List.of(3L, 6L)))),
                taken());
    }

    @Test
    void whatFitsIsAppendedAndAcknowledgedAtTheTurnsEndWithItsCredit() {
        following(7);
        receive(new Batches(0, 7, 9, 8, 0, bytes(30)));
        follower.appended(P, 9, 5);
        receive(new Batches(0, 9, 10, 9, 0, bytes(10)));
        follower.appended(P, 10, 5);
        assertEquals(List.of(new FollowerEffect.Append(P, bytes(30), 9), new FollowerEffect.Advance(P, 8, 0),
                new FollowerEffect.Append(P, bytes(10), 10), new FollowerEffect.Advance(P, 9, 0)), taken());
        follower.turnEnded(done::add);
        assertEquals(List.of(send(new Acknowledge(0, 10, 0)), send(new Credit(40))), taken());
        follower.turnEnded(done::add);
        assertEquals(List.of(), taken());
    }

    /// What is synced is told as soon as it is followed, and when more of it is.
    @Test
    void whatIsSyncedIsToldWithWhatIsThere() {
        following(7);
        follower.synced(P, 6);
        receive(new Batches(0, 7, 7, 7, 0, bytes(0)));
        taken();
        follower.turnEnded(done::add);
        assertEquals(List.of(send(new Acknowledge(0, 7, 6))), taken());
        receive(new Batches(0, 7, 9, 7, 0, bytes(30)));
        follower.appended(P, 9, 5);
        follower.synced(P, 9);
        taken();
        follower.turnEnded(done::add);
        assertEquals(List.of(send(new Acknowledge(0, 9, 9)), send(new Credit(30))), taken());
    }

    /// It is of one subscription.
    @Test
    void aFollowerSyncsForItsLeaderUntilItAsksAnew() {
        following(7);
        receive(new SyncAtOnce(0, true));
        receive(new SyncAtOnce(0, true));
        assertEquals(List.of(new FollowerEffect.SyncAtOnce(P, true)), taken());
        follower.linked(done::add);
        assertEquals(List.of(send(new Credit(CREDIT)), new FollowerEffect.SyncAtOnce(P, false),
                send(new Subscribe(0, TOPIC, 0, 5, 7, 4, List.of()))), taken());
    }

    @Test
    void aWatermarkBeyondTheLogIsTheLogsEnd() {
        following(7);
        receive(new Batches(0, 7, 8, 50, 0, bytes(3)));
        assertEquals(List.of(new FollowerEffect.Append(P, bytes(3), 8), new FollowerEffect.Advance(P, 8, 0)), taken());
    }

    @Test
    void whatDoesNotFitEndsTheSubscriptionAndIsAskedForAgainLater() {
        following(7);
        receive(new Batches(0, 8, 9, 9, 0, bytes(3)));
        assertEquals(List.of(send(new Drop(0))), taken());
        assertEquals(1_000 + FollowerCore.FIRST_PAUSE_MS, follower.nextMs());
        receive(new Batches(0, 7, 8, 9, 0, bytes(3)));
        assertEquals(List.of(), taken(), "it comes for a slot that has ended");
        follower.tick(follower.nextMs(), done::add);
        assertEquals(List.of(send(new Subscribe(1, TOPIC, 0, 5, 7, 4, List.of()))), taken());
        receive(new Refused(1, ErrorCode.UNKNOWN_LEADER_EPOCH));
        assertEquals(1_000 + 2 * FollowerCore.FIRST_PAUSE_MS, follower.nextMs());
    }

    @Test
    void aLogThatDiffersIsCutAndAskedForFromThere() {
        following(7);
        receive(new Diverged(0, 3, 5));
        assertEquals(List.of(new FollowerEffect.Truncate(P, 3, 5)), taken());
        follower.truncated(P, 4, 2, done::add);
        assertEquals(List.of(send(new Subscribe(1, TOPIC, 0, 5, 4, 2, List.of()))), taken());
        receive(new Behind(1, 20));
        assertEquals(List.of(new FollowerEffect.BeginAnew(P, 20)), taken());
        follower.truncated(P, 20, -1, done::add);
        assertEquals(List.of(send(new Subscribe(2, TOPIC, 0, 5, 20, -1, List.of()))), taken());
    }

    /// The cut is finished first: the log's end is not known before.
    @Test
    void aLinkThatComesBackDuringACutWaitsForIt() {
        following(7);
        receive(new Diverged(0, 3, 5));
        follower.unlinked();
        follower.linked(done::add);
        taken();
        follower.truncated(P, 4, 2, done::add);
        assertEquals(List.of(send(new Subscribe(0, TOPIC, 0, 5, 4, 2, List.of()))), taken());
    }

    @Test
    void anotherEpochIsAnotherSubscription() {
        following(7);
        follower.follow(P, TOPIC, 6, 9, 5, done::add);
        assertEquals(List.of(send(new Drop(0)), send(new Subscribe(1, TOPIC, 0, 6, 9, 5, List.of()))), taken());
        follower.leave(P, done::add);
        assertEquals(List.of(send(new Drop(1))), taken());
        receive(new Batches(1, 9, 10, 9, 0, bytes(3)));
        assertEquals(List.of(), taken());
        follower.turnEnded(done::add);
        assertEquals(List.of(send(new Credit(3))), taken(), "what is dropped was sent");
    }

    // ---- the leader's end

    private final Map<TopicPartition, LedLog> led = new LinkedHashMap<>();
    private final List<FollowersEffect> sent = new ArrayList<>();
    private final FollowersCore followers = new FollowersCore(new FollowersCore.Led() {
        @Override
        public @Nullable LedLog of(UUID topicId, int partition) {
            return of(new TopicPartition("t", partition));
        }

        @Override
        public @Nullable LedLog of(TopicPartition id) {
            return led.get(id);
        }
    }, P::equals);

    private Object shape = new Object();
    private boolean syncs;
    private final Set<Long> taken = new TreeSet<>();

    private void lead(TopicPartition id, int epoch, long end, long highWatermark) {
        led.put(id, new LedLog(id, epoch, 2, end, highWatermark, syncs, shape,
                asked -> asked >= 4 ? new LedLog.End(4, end) : new LedLog.End(3, 6),
                offset -> !taken.contains(offset)));
    }

    private List<FollowersEffect> after(FollowMessage.ToLeader message) {
        followers.received(message, sent::add);
        return leaderTurn();
    }

    private List<FollowersEffect> leaderTurn() {
        followers.turnEnded(sent::add);
        List<FollowersEffect> all = List.copyOf(sent);
        sent.clear();
        return all;
    }

    private static FollowersEffect told(FollowMessage.ToFollower message) {
        return new FollowersEffect.Send(message);
    }

    /// With what is sent first, and by itself where it changes.
    @Test
    void followersAreToldWhetherTheyAreToSync() {
        syncs = true;
        lead(P, 5, 7, 7);
        assertEquals(List.of(new FollowersEffect.Acknowledged(P, 7, 0), told(new SyncAtOnce(0, true)),
                told(new Batches(0, 7, 7, 7, 2, bytes(0)))), after(new Subscribe(0, TOPIC, 0, 5, 7, 4, List.of())));
        syncs = false;
        lead(P, 5, 7, 7);
        followers.changed(P);
        assertEquals(List.of(told(new SyncAtOnce(0, false)), told(new Batches(0, 7, 7, 7, 2, bytes(0)))), leaderTurn());
        followers.changed(P);
        assertEquals(List.of(), leaderTurn());
    }

    @Test
    void whoAsksIsCompared() {
        lead(P, 5, 10, 8);
        assertEquals(List.of(told(new Refused(0, ErrorCode.NOT_LEADER_OR_FOLLOWER))),
                after(new Subscribe(0, TOPIC, 1, 5, 7, 4, List.of())));
        assertEquals(List.of(told(new Refused(1, ErrorCode.FENCED_LEADER_EPOCH))),
                after(new Subscribe(1, TOPIC, 0, 4, 7, 4, List.of())));
        assertEquals(List.of(told(new Refused(2, ErrorCode.UNKNOWN_LEADER_EPOCH))),
                after(new Subscribe(2, TOPIC, 0, 6, 7, 4, List.of())));
        assertEquals(List.of(told(new Behind(3, 2))), after(new Subscribe(3, TOPIC, 0, 5, 1, 4, List.of())));
        assertEquals(List.of(told(new Diverged(4, 3, 6))), after(new Subscribe(4, TOPIC, 0, 5, 7, 3, List.of())));
        assertEquals(List.of(told(new Diverged(5, 4, 10))), after(new Subscribe(5, TOPIC, 0, 5, 11, 4, List.of())));
        assertEquals(List.of(told(new Behind(6, 2))), after(new Subscribe(6, TOPIC, 0, 5, 11, -1, List.of())));
    }

    @Test
    void whoHasATransactionWhoseBeginningIsCompactedAwayBeginsAnew() {
        lead(Q, 5, 10, 8);
        lead(P, 5, 10, 8);
        taken.add(3L);
        assertEquals(List.of(new FollowersEffect.Acknowledged(Q, 7, 0)),
                after(new Subscribe(0, TOPIC, 1, 5, 7, 4, List.of(4L, 6L))), "all that it has begun is here");
        assertEquals(List.of(told(new Behind(1, 2))), after(new Subscribe(1, TOPIC, 1, 5, 7, 4, List.of(3L, 6L))));
        taken.add(1L);
        assertEquals(List.of(new FollowersEffect.Acknowledged(Q, 7, 0)),
                after(new Subscribe(2, TOPIC, 1, 5, 7, 4, List.of(1L))), "what lies below the start says nothing");
        assertEquals(List.of(new FollowersEffect.Acknowledged(P, 7, 0)),
                after(new Subscribe(3, TOPIC, 0, 5, 7, 4, List.of(3L))), "who is in sync is not sent back");
    }

    /// Each is a look at the disk.
    @Test
    void ofManyOpenTransactionsSomeAreLookedForInATurn() {
        lead(Q, 5, 1_000, 8);
        List<Long> open = LongStream.range(2, 3 + 2 * FollowersCore.LOOKS).boxed().toList();
        followers.received(new Subscribe(0, TOPIC, 1, 5, 900, 4, open), sent::add);
        followers.received(new Subscribe(1, TOPIC, 1, 5, 900, 4, open), sent::add);
        followers.received(new Drop(1), sent::add);
        assertEquals(List.of(), leaderTurn());
        assertTrue(followers.isLooking());
        assertEquals(List.of(new FollowersEffect.Acknowledged(Q, 900, 0)), leaderTurn());
        assertFalse(followers.isLooking());
        followers.received(new Subscribe(2, TOPIC, 1, 5, 900, 4, open), sent::add);
        taken.add(2L);
        shape = new Object();
        lead(Q, 5, 1_000, 8);
        assertEquals(List.of(told(new Behind(2, 2))), leaderTurn(), "it was compacted away after it had been seen");
        assertFalse(followers.isLooking());
    }

    @Test
    void whereCompactionTookSomethingThatWasNotSentTheFollowerIsLookedAtAnew() {
        lead(Q, 5, 10, 8);
        after(new Subscribe(0, TOPIC, 1, 5, 7, 4, List.of(6L)));
        shape = new Object();
        lead(Q, 5, 10, 8);
        assertEquals(List.of(told(new Refused(0, ErrorCode.OFFSET_NOT_AVAILABLE))), after(new Credit(50)));
    }

    @Test
    void whatWasReadWhileCompactionTookSomethingIsNotSent() {
        lead(Q, 5, 10, 8);
        after(new Subscribe(0, TOPIC, 1, 5, 7, 4, List.of(6L)));
        after(new Credit(50));
        shape = new Object();
        lead(Q, 5, 10, 8);
        followers.read(0, 7, 9, bytes(10), sent::add);
        assertEquals(List.of(told(new Refused(0, ErrorCode.OFFSET_NOT_AVAILABLE))), leaderTurn());
    }

    @Test
    void whoHasAllThatIsCommittedIsNotConcernedByCompaction() {
        lead(Q, 5, 10, 7);
        after(new Subscribe(0, TOPIC, 1, 5, 7, 4, List.of(6L)));
        shape = new Object();
        lead(Q, 5, 10, 7);
        assertEquals(List.of(new FollowersEffect.Read(0, Q, 7, 50)), after(new Credit(50)));
        lead(Q, 5, 10, 10);
        followers.read(0, 7, 9, bytes(10), sent::add);
        assertEquals(List.of(told(new Batches(0, 7, 9, 10, 2, bytes(10))), new FollowersEffect.Read(0, Q, 9, 40)),
                leaderTurn());
    }

    @Test
    void whoIsNotInSyncIsSentAsMuchAsThePaceAllows() {
        int[] room = {0};
        List<Integer> counted = new ArrayList<>();
        FollowersCore slow = new FollowersCore(new FollowersCore.Led() {
            @Override
            public @Nullable LedLog of(UUID topicId, int partition) {
                return led.get(new TopicPartition("t", partition));
            }

            @Override
            public @Nullable LedLog of(TopicPartition id) {
                return led.get(id);
            }
        }, P::equals, new FollowersCore.Pace() {
            @Override
            public int room(TopicPartition id, int most) {
                return Math.min(room[0], most);
            }

            @Override
            public void sent(TopicPartition id, int bytes) {
                counted.add(bytes);
            }
        });
        lead(P, 5, 10, 8);
        lead(Q, 5, 10, 8);
        slow.received(new Credit(500), sent::add);
        slow.received(new Subscribe(0, TOPIC, 1, 5, 7, 4, List.of()), sent::add);
        slow.received(new Subscribe(1, TOPIC, 0, 5, 7, 4, List.of()), sent::add);
        sent.clear();
        slow.turnEnded(sent::add);
        assertEquals(List.of(new FollowersEffect.Read(1, P, 7, 500), new FollowersEffect.Paced()), sent,
                "who is in sync waits for nobody");
        sent.clear();
        room[0] = 70;
        slow.turnEnded(sent::add);
        assertEquals(List.of(new FollowersEffect.Read(0, Q, 7, 70)), sent);
        slow.read(0, 7, 9, bytes(60), sent::add);
        slow.read(1, 7, 9, bytes(40), sent::add);
        assertEquals(List.of(60), counted);
    }

    @Test
    void asMuchIsSentAsTheCreditAllows() {
        lead(P, 5, 10, 8);
        assertEquals(List.of(new FollowersEffect.Acknowledged(P, 7, 0)),
                after(new Subscribe(0, TOPIC, 0, 5, 7, 4, List.of())));
        assertEquals(List.of(new FollowersEffect.Read(0, P, 7, 50)), after(new Credit(50)));
        assertEquals(List.of(), leaderTurn(), "one read at a time");
        followers.read(0, 7, 9, bytes(60), sent::add);
        assertEquals(List.of(told(new Batches(0, 7, 9, 8, 2, bytes(60)))), leaderTurn(), "the credit is used up");
        assertEquals(List.of(new FollowersEffect.Read(0, P, 9, 20)), after(new Credit(30)));
        followers.read(0, 9, 10, bytes(20), sent::add);
        assertEquals(List.of(told(new Batches(0, 9, 10, 8, 2, bytes(20)))), leaderTurn());
        assertEquals(List.of(new FollowersEffect.Acknowledged(P, 10, 0)), after(new Acknowledge(0, 10, 0)));
        lead(P, 5, 10, 10);
        followers.changed(P);
        assertEquals(List.of(told(new Batches(0, 10, 10, 10, 2, bytes(0)))), leaderTurn());
        followers.changed(P);
        assertEquals(List.of(), leaderTurn(), "nothing is new");
    }

    @Test
    void whoIsInSyncComesFirst() {
        lead(P, 5, 10, 8);
        lead(Q, 5, 10, 8);
        after(new Subscribe(0, TOPIC, 1, 5, 7, 4, List.of()));
        after(new Subscribe(1, TOPIC, 0, 5, 7, 4, List.of()));
        assertEquals(List.of(new FollowersEffect.Read(1, P, 7, 50), new FollowersEffect.Read(0, Q, 7, 50)),
                after(new Credit(50)));
    }

    @Test
    void anAcknowledgementOfWhatWasNotSentEndsTheSubscription() {
        lead(P, 5, 10, 8);
        after(new Subscribe(0, TOPIC, 0, 5, 7, 4, List.of()));
        assertEquals(List.of(told(new Refused(0, ErrorCode.INVALID_REQUEST))), after(new Acknowledge(0, 8, 0)));
        after(new Subscribe(1, TOPIC, 0, 5, 7, 4, List.of()));
        assertEquals(List.of(told(new Refused(1, ErrorCode.INVALID_REQUEST))), after(new Acknowledge(1, 7, 8)));
        assertEquals(List.of(), after(new Acknowledge(0, 7, 0)));
    }

    @Test
    void withItsLeadershipASubscriptionEnds() {
        lead(P, 5, 10, 8);
        after(new Subscribe(0, TOPIC, 0, 5, 7, 4, List.of()));
        after(new Credit(50));
        lead(P, 6, 10, 8);
        assertEquals(List.of(), after(new Acknowledge(0, 7, 0)), "of another epoch it says nothing");
        followers.read(0, 7, 9, bytes(10), sent::add);
        assertEquals(List.of(told(new Refused(0, ErrorCode.NOT_LEADER_OR_FOLLOWER))), leaderTurn());
    }

    @Test
    void whatIsGoneFromTheLogIsNotSent() {
        lead(P, 5, 10, 8);
        after(new Subscribe(0, TOPIC, 0, 5, 7, 4, List.of()));
        led.put(P, new LedLog(P, 5, 9, 10, 9, syncs, shape, _ -> new LedLog.End(4, 10), _ -> true));
        followers.changed(P);
        assertEquals(List.of(told(new Behind(0, 9))), leaderTurn());
    }
}
