package io.chapar.client.consumer;

import io.chapar.client.GroupMetadata;
import io.chapar.client.metadata.CoordinatorLookup;
import io.chapar.client.metadata.CoordinatorOutcome;
import io.chapar.client.metadata.CoordinatorType;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.HeartbeatResponse;
import io.chapar.transport.CallResult;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.Transport;
import org.jspecify.annotations.Nullable;

import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;

/// Tells the coordinator every `heartbeat.interval.ms` that a member of one generation is there, by the loop's clock
/// alone. One heartbeat is under way at a time; one that gets no answer is followed by the next, to whoever coordinates
/// then. On the loop only.
final class Heartbeats {
    private final ClientLoop loop;
    private final Transport transport;
    private final CoordinatorLookup lookup;
    private final ConsumerConfig config;
    private final GroupMessages messages;
    private final Consumer<ErrorCode> answered;
    /// In whose name; null while there is nothing to say.
    private @Nullable GroupMetadata member;
    /// Changes with every start and stop: answers from before do not matter.
    private long turn;
    private boolean underWay;
    private ClientLoop.@Nullable Timer timer;

    /// `answered` gets what the coordinator says of the current member.
    Heartbeats(ClientLoop loop, Transport transport, CoordinatorLookup lookup, ConsumerConfig config,
            GroupMessages messages, Consumer<ErrorCode> answered) {
        this.loop = loop;
        this.transport = transport;
        this.lookup = lookup;
        this.config = config;
        this.messages = messages;
        this.answered = answered;
    }

    void start(GroupMetadata as) {
        stop();
        member = as;
        arm();
    }

    void stop() {
        turn++;
        member = null;
        underWay = false;
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    private void arm() {
        timer = loop.schedule(config.heartbeatIntervalMs(), () -> {
            arm();
            if (!underWay) {
                underWay = true;
                send();
            }
        });
    }

    private void send() {
        long asked = turn;
        GroupMetadata self = requireNonNull(member, "a member's heart beats");
        lookup.find(CoordinatorType.GROUP, config.requireGroupId(), loop.nowMs() + config.sessionTimeoutMs(), found -> {
            if (turn != asked) {
                return;
            }
            if (found instanceof CoordinatorOutcome.Found coordinator) {
                transport.send(coordinator.node(), messages.heartbeat(self), outcome -> {
                    if (turn == asked) {
                        underWay = false;
                        onOutcome(outcome);
                    }
                });
            } else {
                underWay = false;
            }
        });
    }

    private void onOutcome(CallResult outcome) {
        if (outcome instanceof CallResult.Answered answer && answer.response() instanceof HeartbeatResponse response) {
            ErrorCode code = ErrorCode.of(response.errorCode());
            if (code == ErrorCode.NOT_COORDINATOR || code == ErrorCode.COORDINATOR_NOT_AVAILABLE) {
                lookup.forget(CoordinatorType.GROUP, config.requireGroupId());
            } else {
                answered.accept(code);
            }
        } else {
            lookup.forget(CoordinatorType.GROUP, config.requireGroupId());
        }
    }
}
