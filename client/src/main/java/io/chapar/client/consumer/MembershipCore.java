package io.chapar.client.consumer;

import io.chapar.client.ChaparException;
import io.chapar.client.Disposition;
import io.chapar.client.GroupMetadata;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.metadata.CoordinatorLookup;
import io.chapar.client.metadata.Metadata;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Alarm;
import io.chapar.transport.Backoff;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.Transport;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Supplier;

/// One member of a classic group, from state to state ([MembershipState]). On the loop only.
///
/// Heartbeats go out by the loop's clock as long as there is a generation, whatever the user's thread does. A rebalance
/// begins in `poll` only, so that a generation does not end under records that are being worked on, unless the
/// coordinator says that it has; and a user who does not poll for `max.poll.interval.ms` leaves the group.
///
/// Whatever the listener must hear first is a [GroupEvent]; nothing moves on until the polling thread acknowledges it.
///
/// How a generation is reached is up to [JoinCore], who the member is to the coordinator up to [GroupSession], what it
/// owns up to [OwnedPartitions]; here is when the one leads to the other.
final class MembershipCore implements CommitCore.Fencing {
    private final ClientLoop loop;
    private final Metadata metadata;
    private final ConsumerConfig config;
    private final Runnable told;
    private final GroupSession session;
    private final JoinCore join;
    private final OwnedPartitions owned;
    private final PollInterval polls;
    private final GroupMessages messages;
    private final Alarm nextJoin;
    private final Alarm nextPollCheck;

    private MembershipState state = new MembershipState.Out();
    private SortedSet<String> topics = new TreeSet<>();
    /// The last generation that gave this member partitions. Kept after it is lost, so that what is committed in its
    /// name is refused.
    private @Nullable GroupMetadata identity;
    private @Nullable ChaparException error;
    private Standbys standbys = Standbys.NONE;
    private boolean rejoin;
    private String reason = "";

    /// `told` runs when the polling thread has an event or an error to take.
    MembershipCore(ClientLoop loop, Transport transport, Metadata metadata, CoordinatorLookup lookup, Backoff backoff,
            ConsumerConfig config, OwnedPartitions.Reading partitions, Runnable told) {
        this.loop = loop;
        this.metadata = metadata;
        this.config = config;
        this.told = told;
        messages = new GroupMessages(config);
        session = new GroupSession(transport, lookup, messages,
                new Heartbeats(loop, transport, lookup, config, messages, this::onHeartbeat), config);
        join = new JoinCore(loop, transport, metadata, lookup, backoff, config, messages, session, this::onJoinEnded);
        owned = new OwnedPartitions(partitions, told);
        polls = new PollInterval(config.maxPollIntervalMs());
        nextJoin = new Alarm(loop, this::step);
        nextPollCheck = new Alarm(loop, this::checkPoll);
    }

    boolean isSubscribed() {
        return !(state instanceof MembershipState.Out);
    }

    /// Null before this member first had a generation.
    @Nullable GroupMetadata identity() {
        return identity;
    }

    SortedSet<String> topics() {
        return topics;
    }

    void subscribe(Collection<String> wanted) {
        topics = new TreeSet<>(wanted);
        topics.forEach(metadata::watch);
        if (state instanceof MembershipState.Out) {
            state = new MembershipState.Waiting();
            reason = "subscribed";
            polls.restart(loop.nowMs());
            nextPollCheck.set(polls.nextCheckMs(loop.nowMs()));
        } else {
            rejoin("subscription changed");
        }
        step();
    }

    /// What each joining tells of state.
    void state(Supplier<@Nullable StateReport> now) {
        messages.state(now);
    }

    /// As of the last assignment.
    Standbys standbys() {
        return standbys;
    }

    /// In the next poll. While it waits to join it does so anyway; one that is under way has told the leader of before.
    void rejoinFor(String why) {
        if (state instanceof MembershipState.Member || state instanceof MembershipState.Joining) {
            rejoin(why);
            step();
        }
    }

    void pollEntered() {
        polls.entered(loop.nowMs());
        step();
    }

    void pollLeft() {
        polls.left(loop.nowMs());
    }

    /// What the listener has to hear now, or null.
    @Nullable GroupEvent event() {
        return owned.event();
    }

    /// The listener has heard it.
    void acknowledge(GroupEvent heard) {
        if (owned.acknowledge(heard)) {
            step();
        }
    }

    /// What the next poll throws, or null.
    @Nullable ChaparException takeError() {
        if (state instanceof MembershipState.Fenced(ChaparException cause)) {
            return cause;
        }
        ChaparException taken = error;
        error = null;
        return taken;
    }

    void onMetadata() {
        join.onMetadata();
        if (state instanceof MembershipState.Member(LeaderDuty duty) && duty != null
                && duty.isOutdated(metadata.view())) {
            rejoin("the number of partitions changed");
            step();
        }
    }

    @Override
    public boolean refused(ErrorCode code, GroupMetadata by) {
        if (session.isCurrent(by)) {
            expelled(code, "Group " + by.groupId());
            return false;
        }
        return state instanceof MembershipState.Member && !owned.isLost();
    }

    /// What the listener must hear before the member leaves, or null. Nothing else is told from here on.
    @Nullable GroupEvent farewell() {
        return owned.farewell();
    }

    /// Leaves for good, or until the next [#subscribe]. `done` runs once the coordinator has answered, or will not.
    void leave(String why, Runnable done) {
        owned.clear();
        error = null;
        rejoin = false;
        join.cancel();
        join.forgetFailures();
        cancelAlarms();
        boolean fenced = state instanceof MembershipState.Fenced;
        state = new MembershipState.Out();
        topics = new TreeSet<>();
        identity = null;
        letGoOfTopics();
        if (fenced) {
            done.run();
        } else {
            session.leave(why, done);
        }
    }

    /// Says nothing more, also no farewell.
    void stop() {
        join.cancel();
        session.rest();
        cancelAlarms();
    }

    private void cancelAlarms() {
        nextJoin.cancel();
        nextPollCheck.cancel();
    }

    private void step() {
        if (owned.event() != null || !polls.isInPoll()) {
            return;
        }
        if (state instanceof MembershipState.Member && rejoin) {
            rejoin = false;
            state = new MembershipState.Waiting();
        }
        if (!(state instanceof MembershipState.Waiting)
                || owned.mustTellBeforeJoining(config.cooperative() ? topics : Collections.emptySortedSet())) {
            return;
        }
        if (join.notBeforeMs() > loop.nowMs()) {
            nextJoin.set(join.notBeforeMs());
        } else {
            join();
        }
    }

    private void rejoin(String why) {
        rejoin = true;
        reason = why;
    }

    private void join() {
        state = new MembershipState.Joining();
        rejoin = false;
        join.begin(topics, owned.all(), reason);
    }

    private void onJoinEnded(JoinOutcome outcome) {
        switch (outcome) {
            case JoinOutcome.Joined joined -> {
                standbys = joined.standbys();
                joined(joined.as(), joined.assigned(), joined.duty());
            }
            case JoinOutcome.Named() -> join();
            case JoinOutcome.Overtaken() -> backToWaiting();
            case JoinOutcome.Expelled(ErrorCode code, String what) -> expelled(code, what);
            case JoinOutcome.NotNow(ChaparException cause) -> {
                if (cause != null) {
                    fail(cause);
                }
                backToWaiting();
            }
        }
        letGoOfTopics();
    }

    /// A leader watches the topics of all members as long as it has to share them out.
    private void letGoOfTopics() {
        TreeSet<String> needed = new TreeSet<>(topics);
        owned.all().forEach(partition -> needed.add(partition.topic()));
        if (state instanceof MembershipState.Member(LeaderDuty duty) && duty != null) {
            needed.addAll(duty.topics());
        }
        join.watchOnly(needed);
    }

    /// Whoever gave something up joins again, so that it can be given on.
    private void joined(GroupMetadata as, SortedSet<TopicPartition> assigned, @Nullable LeaderDuty duty) {
        state = new MembershipState.Member(duty);
        identity = as;
        session.beat();
        TreeSet<TopicPartition> wanted = new TreeSet<>(assigned);
        if (wanted.removeIf(partition -> !topics.contains(partition.topic()))) {
            rejoin("the subscription changed meanwhile");
        }
        if (!owned.areKeptBy(wanted)) {
            rejoin("gave up partitions");
        }
        owned.install(wanted);
    }

    /// With a generation, a member that waits for its user to poll still has to show that it is there.
    private void backToWaiting() {
        state = new MembershipState.Waiting();
        session.beat();
        step();
    }

    /// The coordinator does not know this member in this generation: its partitions may have other readers already.
    private void expelled(ErrorCode code, String what) {
        join.cancel();
        session.expelled(code);
        owned.lose();
        if (code == ErrorCode.FENCED_INSTANCE_ID) {
            cancelAlarms();
            state = new MembershipState.Fenced(Disposition.exception(code, what, "another consumer has taken over the "
                    + KafkaConfigNames.GROUP_INSTANCE_ID + " " + config.groupInstanceId()));
            told.run();
            return;
        }
        reason = "was told " + code;
        state = new MembershipState.Waiting();
        step();
    }

    private void fail(ChaparException cause) {
        error = cause;
        told.run();
    }

    private void onHeartbeat(ErrorCode code) {
        switch (code) {
            case NONE -> { }
            case REBALANCE_IN_PROGRESS -> {
                if (state instanceof MembershipState.Member && !rejoin) {
                    rejoin("the group is rebalancing");
                }
                step();
            }
            case UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, FENCED_INSTANCE_ID ->
                expelled(code, "Group " + config.requireGroupId());
            default -> {
                if (!Disposition.of(code).mayRetry()) {
                    fail(Disposition.exception(code, "Heartbeat to group " + config.requireGroupId(), null));
                }
            }
        }
    }

    /// The user has to poll within `max.poll.interval.ms`; a member that does not is none.
    private void checkPoll() {
        if (polls.isOver(loop.nowMs()) && (session.hasGeneration() || state instanceof MembershipState.Joining)) {
            owned.lose();
            reason = "polled too late";
            state = new MembershipState.Waiting();
            join.cancel();
            session.leave("no poll within " + KafkaConfigNames.MAX_POLL_INTERVAL_MS, () -> { });
            polls.restart(loop.nowMs());
        }
        nextPollCheck.set(polls.nextCheckMs(loop.nowMs()));
    }
}
