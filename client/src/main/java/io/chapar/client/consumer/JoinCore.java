package io.chapar.client.consumer;

import io.chapar.client.ChaparException;
import io.chapar.client.Disposition;
import io.chapar.client.GroupMetadata;
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
import io.chapar.transport.CallResult;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.Node;
import io.chapar.transport.Transport;
import org.jspecify.annotations.Nullable;

import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/// One attempt after the other to get a member into the group's next generation: JoinGroup, then SyncGroup, and between
/// them the leader's [LeaderDuty]. On the loop only.
///
/// ```
/// Idle --begin--> Joining --follower--------------> Syncing --> Idle
///                    +----leader--> Gathering ---------^
/// ```
/// An attempt ends with exactly one [JoinOutcome], or with [#cancel] and then none; what is answered later to what it
/// asked is dropped. Attempts that came to nothing set the time before which there should be no other.
final class JoinCore {
    private sealed interface Phase {
        record Idle() implements Phase {
        }

        record Joining() implements Phase {
        }

        /// The leader does not know all topics of the members yet.
        record Gathering(LeaderDuty duty, String protocol) implements Phase {
        }

        record Syncing() implements Phase {
        }
    }

    private final ClientLoop loop;
    private final Transport transport;
    private final Metadata metadata;
    private final CoordinatorLookup lookup;
    private final Backoff backoff;
    private final ConsumerConfig config;
    private final GroupMessages messages;
    private final GroupSession session;
    private final Consumer<JoinOutcome> ended;
    private final String group;
    private Phase phase = new Phase.Idle();
    /// Changes whenever answers to what was asked before no longer matter.
    private long turn;
    private int failures;
    private long notBeforeMs;
    /// Topics of other members that were watched as a leader.
    private final TreeSet<String> led = new TreeSet<>();

    JoinCore(ClientLoop loop, Transport transport, Metadata metadata, CoordinatorLookup lookup, Backoff backoff,
            ConsumerConfig config, GroupMessages messages, GroupSession session, Consumer<JoinOutcome> ended) {
        this.loop = loop;
        this.transport = transport;
        this.metadata = metadata;
        this.lookup = lookup;
        this.backoff = backoff;
        this.config = config;
        this.messages = messages;
        this.session = session;
        this.ended = ended;
        group = config.requireGroupId();
    }

    /// What is watched for other members, and is not needed, is watched no longer.
    void watchOnly(Set<String> needed) {
        led.removeIf(topic -> {
            boolean isOver = !needed.contains(topic);
            if (isOver) {
                metadata.unwatch(topic);
            }
            return isOver;
        });
    }

    /// When the next attempt may begin.
    long notBeforeMs() {
        return notBeforeMs;
    }

    void begin(SortedSet<String> topics, SortedSet<TopicPartition> owned, String reason) {
        phase = new Phase.Joining();
        session.rest();
        long asked = ++turn;
        lookup.find(CoordinatorType.GROUP, group, loop.nowMs() + config.client().apiTimeoutMs(), found -> {
            if (turn != asked) {
                return;
            }
            switch (found) {
                case CoordinatorOutcome.Found(Node node) -> transport.send(node,
                        messages.join(session.self(), topics, owned, reason), ifCurrent(this::onJoin));
                case CoordinatorOutcome.NotFound(ErrorCode code, String detail) ->
                    notNow(code, "Finding the coordinator of group " + group, detail);
            }
        });
    }

    /// The leader may have learned of the topics that it waits for.
    void onMetadata() {
        if (phase instanceof Phase.Gathering gathering && gathering.duty.isReady(metadata.view())) {
            share(gathering);
        }
    }

    /// Ends the attempt under way, if any, without an outcome.
    void cancel() {
        turn++;
        phase = new Phase.Idle();
    }

    void forgetFailures() {
        failures = 0;
        notBeforeMs = 0;
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
                case CallResult.NoAnswer none -> {
                    lookup.forget(CoordinatorType.GROUP, group);
                    notNow(Objects.requireNonNullElse(none.refusal(), ErrorCode.NETWORK_EXCEPTION),
                            "Joining group " + group, none.detail());
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
                session.joined(response.memberId(), response.generationId());
                String protocol = Objects.requireNonNullElse(response.protocolName(), "");
                if (response.leader().equals(response.memberId())) {
                    lead(response, protocol);
                } else {
                    sync(protocol, new TreeMap<>(), null);
                }
            }
            case MEMBER_ID_REQUIRED -> {
                session.named(response.memberId());
                end(new JoinOutcome.Named());
            }
            case REBALANCE_IN_PROGRESS -> notNow(null);
            default -> refused(code, "Joining group " + group);
        }
    }

    private void lead(JoinGroupResponse response, String protocol) {
        AssignmentStrategy strategy = AssignmentStrategy.ofLabel(protocol);
        if (strategy == null) {
            notNow(new UsageException("Group " + group + " chose the unknown strategy " + protocol));
            return;
        }
        LeaderDuty duty;
        try {
            duty = new LeaderDuty(strategy.assignor("", null), response.members(), response.skipAssignment());
        } catch (MalformedMessageException e) {
            notNow(unreadable("A member", e));
            return;
        }
        Phase.Gathering gathering = new Phase.Gathering(duty, protocol);
        phase = gathering;
        long asked = turn;
        led.addAll(duty.topics());
        duty.topics().forEach(metadata::watch);
        if (duty.isReady(metadata.view())) {
            share(gathering);
            return;
        }
        loop.schedule(LeaderDuty.GATHERING_MS, () -> {
            if (turn == asked) {
                share(gathering);
            }
        });
    }

    private void share(Phase.Gathering gathering) {
        sync(gathering.protocol, gathering.duty.share(metadata.view()), gathering.duty);
    }

    private void sync(String protocol, SortedMap<String, Assignor.Share> shares, @Nullable LeaderDuty duty) {
        phase = new Phase.Syncing();
        Node node = lookup.known(CoordinatorType.GROUP, group);
        if (node == null) {
            notNow(null);
            return;
        }
        turn++;
        GroupMetadata joined = session.self();
        transport.send(node, messages.sync(joined, protocol, shares),
                ifCurrent(answer -> onSync((SyncGroupResponse) answer, joined, duty)));
    }

    private void onSync(SyncGroupResponse response, GroupMetadata joined, @Nullable LeaderDuty duty) {
        ErrorCode code = ErrorCode.of(response.errorCode());
        switch (code) {
            case NONE -> {
                SortedSet<TopicPartition> assigned;
                Standbys standbys;
                try {
                    assigned = new TreeSet<>(SubscriptionCodec.assignment(response.assignment()));
                    standbys = StateCodec.standbys(SubscriptionCodec.assignedUserData(response.assignment()));
                } catch (MalformedMessageException e) {
                    notNow(unreadable("The leader", e));
                    return;
                }
                end(new JoinOutcome.Joined(joined, assigned, standbys, duty));
            }
            case REBALANCE_IN_PROGRESS -> end(new JoinOutcome.Overtaken());
            default -> refused(code, "Syncing with group " + group);
        }
    }

    private ChaparException unreadable(String who, MalformedMessageException e) {
        return Disposition.exception(ErrorCode.INCONSISTENT_GROUP_PROTOCOL,
                who + " of group " + group + " sent what cannot be read", e.getMessage());
    }

    private void refused(ErrorCode code, String what) {
        switch (code) {
            case UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION, FENCED_INSTANCE_ID ->
                end(new JoinOutcome.Expelled(code, what));
            case NOT_COORDINATOR, COORDINATOR_NOT_AVAILABLE -> {
                lookup.forget(CoordinatorType.GROUP, group);
                notNow(null);
            }
            default -> notNow(code, what, null);
        }
    }

    private void notNow(ErrorCode code, String what, @Nullable String detail) {
        notNow(Disposition.of(code).mayRetry() ? null : Disposition.exception(code, what, detail));
    }

    private void notNow(@Nullable ChaparException cause) {
        failures++;
        notBeforeMs = loop.nowMs() + backoff.delayMs(failures);
        end(new JoinOutcome.NotNow(cause));
    }

    private void end(JoinOutcome outcome) {
        cancel();
        ended.accept(outcome);
    }
}
