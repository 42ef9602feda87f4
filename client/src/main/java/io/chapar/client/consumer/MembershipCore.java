package io.chapar.client.consumer;

import io.chapar.client.ChaparException;
import io.chapar.client.Disposition;
import io.chapar.client.GroupMetadata;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.UsageException;
import io.chapar.client.metadata.CoordinatorLookup;
import io.chapar.client.metadata.CoordinatorOutcome;
import io.chapar.client.metadata.CoordinatorType;
import io.chapar.client.metadata.Metadata;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.JoinGroupResponse;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.SyncGroupResponse;
import io.chapar.transport.Backoff;
import io.chapar.transport.Call;
import io.chapar.transport.CallResult;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.Node;
import io.chapar.transport.Transport;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/// One member of a classic group, from state to state ([MembershipState]). On the loop only.
///
/// Heartbeats go out by the loop's clock as long as there is a generation, whatever the user's thread does. A rebalance
/// begins in `poll` only, so that a generation does not end under records that are being worked on, unless the
/// coordinator says that it has; and a user who does not poll for `max.poll.interval.ms` leaves the group.
///
/// Whatever the listener must hear first is an [GroupEvent]; nothing moves on until the polling thread acknowledges it.
final class MembershipCore implements CommitCore.Fencing {
    /// What becomes of the partitions themselves.
    interface Partitions {
        /// New ones, not to be read before [#release].
        void hold(Collection<TopicPartition> added);

        void release(Collection<TopicPartition> added);

        void drop(Collection<TopicPartition> gone);
    }

    private final ClientLoop loop;
    private final Transport transport;
    private final Metadata metadata;
    private final CoordinatorLookup lookup;
    private final Backoff backoff;
    private final ConsumerConfig config;
    private final Partitions partitions;
    private final Runnable told;
    private final GroupMessages messages;
    private final Heartbeats heartbeats;

    private MembershipState state = new MembershipState.Out();
    private SortedSet<String> topics = new TreeSet<>();
    private final TreeSet<TopicPartition> owned = new TreeSet<>();
    private String memberId = "";
    private int generation = GroupMetadata.NO_GENERATION;
    private String protocol = "";
    /// The last generation that gave this member partitions. Kept after it is lost, so that what is committed in its
    /// name is refused.
    private @Nullable GroupMetadata identity;
    private @Nullable LeaderDuty duty;
    private @Nullable GroupEvent event;
    private @Nullable Runnable afterEvent;
    private @Nullable ChaparException error;
    private boolean lost;
    private boolean rejoin;
    private String reason = "";
    private int failures;
    private long notBeforeMs;
    /// Changes whenever answers to what was asked before no longer matter.
    private long turn;
    private boolean inPoll;
    private long lastPollMs;
    private ClientLoop.@Nullable Timer waitTimer;
    private ClientLoop.@Nullable Timer pollTimer;

    /// `told` runs when the polling thread has an event or an error to take.
    MembershipCore(ClientLoop loop, Transport transport, Metadata metadata, CoordinatorLookup lookup, Backoff backoff,
            ConsumerConfig config, Partitions partitions, Runnable told) {
        this.loop = loop;
        this.transport = transport;
        this.metadata = metadata;
        this.lookup = lookup;
        this.backoff = backoff;
        this.config = config;
        this.partitions = partitions;
        this.told = told;
        messages = new GroupMessages(config);
        heartbeats = new Heartbeats(loop, transport, lookup, config, messages, this::onHeartbeat);
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
            lastPollMs = loop.nowMs();
            armPoll();
        } else {
            rejoin("subscription changed");
        }
        step();
    }

    void pollEntered() {
        inPoll = true;
        lastPollMs = loop.nowMs();
        step();
    }

    void pollLeft() {
        inPoll = false;
        lastPollMs = loop.nowMs();
    }

    /// What the listener has to hear now, or null.
    @Nullable GroupEvent event() {
        return event;
    }

    /// The listener has heard it.
    void acknowledge(GroupEvent heard) {
        if (!heard.equals(event)) {
            return;
        }
        Runnable then = afterEvent;
        event = null;
        afterEvent = null;
        if (then != null) {
            then.run();
        }
        step();
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
        if (duty != null && state instanceof MembershipState.Gathering && duty.isReady(metadata.view())) {
            share(duty);
        } else if (duty != null && state instanceof MembershipState.Member && duty.isOutdated(metadata.view())) {
            rejoin("the number of partitions changed");
            step();
        }
    }

    @Override
    public boolean refused(ErrorCode code, GroupMetadata by) {
        boolean current = by.generation() == generation && by.memberId().equals(memberId);
        if (current && generation != GroupMetadata.NO_GENERATION) {
            expelled(code);
            step();
            return false;
        }
        return state instanceof MembershipState.Member && !lost;
    }

    /// What the listener must hear before the member leaves, or null. Nothing else is told from here on.
    @Nullable GroupEvent farewell() {
        if (owned.isEmpty()) {
            return null;
        }
        return lost ? new GroupEvent.Lost(owned) : new GroupEvent.Revoked(owned);
    }

    /// Leaves for good, or until the next [#subscribe]. `done` runs once the coordinator has answered, or will not.
    void leave(String why, Runnable done) {
        partitions.drop(new TreeSet<>(owned));
        owned.clear();
        event = null;
        afterEvent = null;
        error = null;
        lost = false;
        rejoin = false;
        failures = 0;
        notBeforeMs = 0;
        boolean fenced = state instanceof MembershipState.Fenced;
        state = new MembershipState.Out();
        topics = new TreeSet<>();
        identity = null;
        cancelTimers();
        if (fenced) {
            forgetGeneration();
            done.run();
        } else {
            sendLeave(why, done);
        }
    }

    /// Says nothing more, also no farewell.
    void stop() {
        turn++;
        cancelTimers();
    }

    private void sendLeave(String why, Runnable done) {
        Node node = lookup.known(CoordinatorType.GROUP, config.requireGroupId());
        String leaving = memberId;
        forgetGeneration();
        // A static member stays on the coordinator's list, and has its partitions again when it comes back in time.
        if (leaving.isEmpty() || config.groupInstanceId() != null || node == null) {
            done.run();
            return;
        }
        memberId = "";
        transport.send(node, messages.leave(leaving, why), outcome -> done.run());
    }

    private void forgetGeneration() {
        turn++;
        generation = GroupMetadata.NO_GENERATION;
        duty = null;
        heartbeats.stop();
    }

    private void step() {
        if (event != null) {
            return;
        }
        if (state instanceof MembershipState.Member && rejoin && inPoll) {
            rejoin = false;
            state = new MembershipState.Waiting();
        }
        if (state instanceof MembershipState.Waiting && inPoll) {
            prepareJoin();
        }
    }

    private void rejoin(String why) {
        rejoin = true;
        reason = why;
    }

    private void prepareJoin() {
        if (lost) {
            if (!owned.isEmpty()) {
                raise(new GroupEvent.Lost(owned), () -> giveUp(new TreeSet<>(owned)));
                return;
            }
            lost = false;
        }
        TreeSet<TopicPartition> revoked = new TreeSet<>(owned);
        if (config.cooperative()) {
            revoked.removeIf(partition -> topics.contains(partition.topic()));
        }
        if (!revoked.isEmpty()) {
            raise(new GroupEvent.Revoked(revoked), () -> giveUp(revoked));
            return;
        }
        long waitMs = notBeforeMs - loop.nowMs();
        if (waitMs > 0) {
            if (waitTimer == null) {
                waitTimer = loop.schedule(waitMs, () -> {
                    waitTimer = null;
                    step();
                });
            }
            return;
        }
        join();
    }

    private void giveUp(SortedSet<TopicPartition> gone) {
        owned.removeAll(gone);
        partitions.drop(gone);
    }

    private void raise(GroupEvent what, Runnable then) {
        event = what;
        afterEvent = then;
        told.run();
    }

    private void join() {
        state = new MembershipState.Joining();
        rejoin = false;
        heartbeats.stop();
        toCoordinator(node -> transport.send(node, messages.join(memberId, topics, owned, generation, reason),
                ifCurrent(this::onJoin)));
    }

    /// Goes on with the coordinator, or back to waiting.
    private void toCoordinator(Consumer<Node> then) {
        long asked = ++turn;
        long deadlineMs = loop.nowMs() + config.client().apiTimeoutMs();
        lookup.find(CoordinatorType.GROUP, config.requireGroupId(), deadlineMs, found -> {
            if (turn != asked) {
                return;
            }
            switch (found) {
                case CoordinatorOutcome.Found(Node node) -> then.accept(node);
                case CoordinatorOutcome.NotFound(ErrorCode code, String detail) -> {
                    if (!Disposition.of(code).mayRetry()) {
                        fail(Disposition.exception(code, "Finding the coordinator of group " + config.requireGroupId(),
                                detail));
                    }
                    waitAgain();
                }
            }
        });
    }

    private Consumer<CallResult> ifCurrent(Consumer<Response> then) {
        long asked = turn;
        return outcome -> {
            if (turn != asked) {
                return;
            }
            switch (outcome) {
                case CallResult.Answered(Response response, short version) -> then.accept(response);
                case CallResult.Written written -> throw new IllegalStateException("not sent one-way: " + written);
                case CallResult.NoAnswer(CallResult.Reason why, String detail) -> {
                    if (why == CallResult.Reason.UNSUPPORTED_VERSION) {
                        fail(Disposition.exception(ErrorCode.UNSUPPORTED_VERSION, "Joining group "
                                + config.requireGroupId(), detail));
                    }
                    lookup.forget(CoordinatorType.GROUP, config.requireGroupId());
                    waitAgain();
                }
            }
        };
    }

    private void onJoin(Response answer) {
        JoinGroupResponse response = (JoinGroupResponse) answer;
        ErrorCode code = ErrorCode.of(response.errorCode());
        switch (code) {
            case NONE -> {
                failures = 0;
                memberId = response.memberId();
                generation = response.generationId();
                protocol = Objects.requireNonNullElse(response.protocolName(), "");
                if (response.leader().equals(memberId)) {
                    lead(response);
                } else {
                    duty = null;
                    sync(new TreeMap<>());
                }
            }
            case MEMBER_ID_REQUIRED -> {
                memberId = response.memberId();
                join();
            }
            case UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION -> {
                expelled(code);
                step();
            }
            case REBALANCE_IN_PROGRESS -> waitAgain();
            default -> refusedByCoordinator(code, "Joining group " + config.requireGroupId());
        }
    }

    private void lead(JoinGroupResponse response) {
        AssignmentStrategy strategy = AssignmentStrategy.ofLabel(protocol);
        if (strategy == null) {
            fail(new UsageException("Group " + config.requireGroupId() + " chose the unknown strategy " + protocol));
            waitAgain();
            return;
        }
        LeaderDuty leading;
        try {
            leading = new LeaderDuty(strategy.assignor(), response.members(), response.skipAssignment());
        } catch (MalformedMessageException e) {
            fail(Disposition.exception(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, "A member of group "
                    + config.requireGroupId() + " sent what cannot be read", e.getMessage()));
            waitAgain();
            return;
        }
        duty = leading;
        leading.topics().forEach(metadata::watch);
        state = new MembershipState.Gathering();
        if (leading.isReady(metadata.view())) {
            share(leading);
        } else {
            long asked = turn;
            loop.schedule(LeaderDuty.GATHERING_MS, () -> {
                if (turn == asked && state instanceof MembershipState.Gathering) {
                    share(leading);
                }
            });
        }
    }

    private GroupMetadata self() {
        return new GroupMetadata(config.requireGroupId(), generation, memberId, config.groupInstanceId());
    }

    private void share(LeaderDuty duty) {
        sync(duty.share(metadata.view()));
    }

    private void sync(SortedMap<String, SortedSet<TopicPartition>> shares) {
        state = new MembershipState.Syncing();
        GroupMetadata joined = self();
        Node node = lookup.known(CoordinatorType.GROUP, config.requireGroupId());
        if (node == null) {
            waitAgain();
            return;
        }
        turn++;
        Call call = messages.sync(joined, protocol, shares);
        transport.send(node, call, ifCurrent(answer -> onSync((SyncGroupResponse) answer, joined)));
    }

    private void onSync(SyncGroupResponse response, GroupMetadata joined) {
        ErrorCode code = ErrorCode.of(response.errorCode());
        switch (code) {
            case NONE -> {
                TreeSet<TopicPartition> assigned;
                try {
                    assigned = new TreeSet<>(SubscriptionCodec.assignment(response.assignment()));
                } catch (MalformedMessageException e) {
                    fail(Disposition.exception(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, "The leader of group "
                            + config.requireGroupId() + " sent what cannot be read", e.getMessage()));
                    waitAgain();
                    return;
                }
                state = new MembershipState.Member();
                identity = joined;
                heartbeats.start(joined);
                if (assigned.stream().anyMatch(partition -> !topics.contains(partition.topic()))) {
                    rejoin("the subscription changed meanwhile");
                    assigned.removeIf(partition -> !topics.contains(partition.topic()));
                }
                install(assigned);
            }
            case REBALANCE_IN_PROGRESS -> backToWaiting();
            case UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION -> {
                expelled(code);
                step();
            }
            default -> refusedByCoordinator(code, "Syncing with group " + config.requireGroupId());
        }
    }

    /// First what goes, then what comes; whoever gave something up joins again, so that it can be given on.
    private void install(SortedSet<TopicPartition> assigned) {
        TreeSet<TopicPartition> revoked = new TreeSet<>(owned);
        revoked.removeAll(assigned);
        TreeSet<TopicPartition> added = new TreeSet<>(assigned);
        added.removeAll(owned);
        Runnable announce = () -> {
            owned.addAll(added);
            partitions.hold(added);
            raise(new GroupEvent.Assigned(added), () -> partitions.release(added));
        };
        if (revoked.isEmpty()) {
            announce.run();
        } else {
            rejoin("gave up partitions");
            raise(new GroupEvent.Revoked(revoked), () -> {
                giveUp(revoked);
                if (!lost) {
                    announce.run();
                }
            });
        }
    }

    /// The coordinator does not know this member in this generation: its partitions may have other readers already.
    private void expelled(ErrorCode code) {
        if (code == ErrorCode.FENCED_INSTANCE_ID) {
            fenced(code, "Group " + config.requireGroupId());
            return;
        }
        forgetGeneration();
        if (code == ErrorCode.UNKNOWN_MEMBER_ID) {
            memberId = "";
        }
        lost = !owned.isEmpty();
        reason = "was told " + code;
        state = new MembershipState.Waiting();
    }

    private void refusedByCoordinator(ErrorCode code, String what) {
        switch (code) {
            case FENCED_INSTANCE_ID -> fenced(code, what);
            case NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE -> {
                lookup.forget(CoordinatorType.GROUP, config.requireGroupId());
                waitAgain();
            }
            default -> {
                if (!Disposition.of(code).mayRetry()) {
                    fail(Disposition.exception(code, what, null));
                }
                waitAgain();
            }
        }
    }

    private void fenced(ErrorCode code, String what) {
        forgetGeneration();
        cancelTimers();
        state = new MembershipState.Fenced(Disposition.exception(code, what, "another consumer has taken over the "
                + KafkaConfigNames.GROUP_INSTANCE_ID + " " + config.groupInstanceId()));
        told.run();
    }

    private void fail(ChaparException cause) {
        error = cause;
        told.run();
    }

    /// Joining did not come about; again after a while, in poll.
    private void waitAgain() {
        turn++;
        failures++;
        notBeforeMs = loop.nowMs() + backoff.delayMs(failures);
        backToWaiting();
    }

    /// With a generation, a member that waits for its user to poll still has to show that it is there.
    private void backToWaiting() {
        state = new MembershipState.Waiting();
        if (generation != GroupMetadata.NO_GENERATION) {
            heartbeats.start(self());
        }
        step();
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
            case UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, FENCED_INSTANCE_ID -> {
                expelled(code);
                step();
            }
            default -> {
                if (!Disposition.of(code).mayRetry()) {
                    fail(Disposition.exception(code, "Heartbeat to group " + config.requireGroupId(), null));
                }
            }
        }
    }

    // The bound on the time between polls.

    private void armPoll() {
        if (pollTimer != null) {
            pollTimer.cancel();
        }
        long leftMs = inPoll ? config.maxPollIntervalMs()
                : lastPollMs + config.maxPollIntervalMs() - loop.nowMs();
        pollTimer = loop.schedule(Math.max(1, leftMs), this::checkPoll);
    }

    private void checkPoll() {
        boolean late = !inPoll && loop.nowMs() - lastPollMs >= config.maxPollIntervalMs();
        if (late && (generation != GroupMetadata.NO_GENERATION || state instanceof MembershipState.Joining)) {
            lost = !owned.isEmpty();
            reason = "polled too late";
            state = new MembershipState.Waiting();
            sendLeave("no poll within " + KafkaConfigNames.MAX_POLL_INTERVAL_MS, () -> { });
            lastPollMs = loop.nowMs();
        }
        armPoll();
    }

    private void cancelTimers() {
        heartbeats.stop();
        if (waitTimer != null) {
            waitTimer.cancel();
            waitTimer = null;
        }
        if (pollTimer != null) {
            pollTimer.cancel();
            pollTimer = null;
        }
    }
}
