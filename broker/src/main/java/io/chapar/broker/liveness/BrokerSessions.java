package io.chapar.broker.liveness;

import io.chapar.broker.liveness.LivenessCore.Order;
import io.chapar.broker.liveness.LivenessCore.Report;
import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.FeatureRange;
import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.NotCommitted;
import io.chapar.broker.metadata.MetadataLog.Proposed;
import io.chapar.broker.metadata.MetadataLog.Refused;
import io.chapar.broker.metadata.quorum.Gate;
import io.chapar.broker.metadata.quorum.QuorumRole;
import io.chapar.broker.peer.LinkEvents.Evidence;
import io.chapar.broker.peer.socket.Suspect;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.WakeUp;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.BrokerHeartbeatRequest;
import io.chapar.protocol.message.BrokerHeartbeatResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/// The sessions of all brokers with the one that decides. Every broker has this; it does something while its broker is
/// the controller ([#role]), and otherwise only tells the controller whose address refuses.
///
/// ```
/// Heartbeats, of any broker --heartbeat--> BrokerSessions --FenceBroker, UnfenceBroker--> MetadataLog
/// links of this broker ------suspect-----> |            ^
/// links of others --FenceBroker--> MetadataLog --gate---+
/// ```
/// What a broker that does not decide holds against another travels as a wish to fence it. The controller takes no such
/// wish at its word ([#refusal]): it looks for itself whether that broker still reports.
///
/// Owned by the metadata log's loop; whatever does not say otherwise is called there.
public final class BrokerSessions implements Gate {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerSessions.class);
    /// A refused address counts for so long against a life of which nothing else is known: until another controller is
    /// elected in the place of the one that has died.
    private static final long EVIDENCE_MS = 10_000;

    private final MetadataLog metadata;
    private final Loop loop;
    private final long sessionMs;
    private final LivenessCore core;
    /// The latest of each broker in the image.
    private final Map<Integer, Refusal> refusals = new LinkedHashMap<>();
    /// Whom the controller is being told of.
    private final Set<Integer> told = new TreeSet<>();
    private boolean controls;
    private final WakeUp wakeUp;

    private record Refusal(long epoch, long atMs) {}

    /// @param loop the log's own
    public BrokerSessions(MetadataLog metadata, Loop loop, long sessionMs) {
        this.metadata = metadata;
        this.loop = loop;
        this.sessionMs = sessionMs;
        core = new LivenessCore(sessionMs);
        wakeUp = new WakeUp(loop, () -> perform(core.tick(metadata.image(), loop.nowMs())));
    }

    /// Who decides from now on.
    public void role(QuorumRole role) {
        boolean now = role instanceof QuorumRole.Controls;
        if (now == controls) {
            return;
        }
        controls = now;
        wakeUp.cancel();
        if (!controls) {
            return;
        }
        long nowMs = loop.nowMs();
        ClusterImage image = metadata.image();
        core.elected(image, nowMs);
        List<Order> orders = new ArrayList<>();
        refusals.forEach((node, refusal) -> {
            if (nowMs - refusal.atMs() <= EVIDENCE_MS) {
                orders.addAll(core.refused(node, refusal.epoch(), image, nowMs));
            }
        });
        perform(orders);
    }

    private void arm() {
        if (controls) {
            wakeUp.at(core.nextMs());
        }
    }

    // ---- what brokers say

    /// Answers a broker's report. From any loop; the answer comes on the one given, and never within this call.
    public void heartbeat(BrokerHeartbeatRequest request, Loop replyOn, Consumer<BrokerHeartbeatResponse> done) {
        loop.run(() -> {
            BrokerHeartbeatResponse response = answer(request);
            replyOn.execute(() -> done.accept(response));
        });
    }

    /// Answers a report that came over a link; on the log's loop.
    ///
    /// @param node that the link proved
    /// @param epoch as the link has it; that of the report counts
    public void heard(BrokerHeartbeatRequest request, int node, long epoch, Consumer<BrokerHeartbeatResponse> answer) {
        if (request.brokerId() == node) {
            heartbeat(request, loop, answer);
        } else {
            answer.accept(refused(ErrorCode.INVALID_REQUEST));
        }
    }

    private BrokerHeartbeatResponse answer(BrokerHeartbeatRequest request) {
        ClusterImage image = metadata.image();
        BrokerImage known = image.brokers().get(request.brokerId());
        // Who tells of a life that is not known here yet was registered by a controller that is ahead of this one.
        if (!controls || image.version() < request.brokerEpoch()) {
            return refused(ErrorCode.NOT_CONTROLLER);
        }
        if (known == null) {
            return refused(ErrorCode.BROKER_ID_NOT_REGISTERED);
        }
        if (known.epoch() != request.brokerEpoch()) {
            return refused(ErrorCode.STALE_BROKER_EPOCH);
        }
        boolean leaves = request.wantFence() || request.wantShutDown();
        perform(core.heartbeat(new Report(request.brokerId(), request.brokerEpoch(), request.currentMetadataOffset(),
                !leaves, leaves), image, loop.nowMs()));
        boolean isFenced = !known.isActive();
        return new BrokerHeartbeatResponse(0, ErrorCode.NONE.code(),
                request.currentMetadataOffset() >= known.epoch(), isFenced, request.wantShutDown() && isFenced);
    }

    private static BrokerHeartbeatResponse refused(ErrorCode error) {
        return BrokerHeartbeatResponse.DEFAULT.toBuilder().errorCode(error.code()).build();
    }

    // ---- what links say

    /// This broker's own links have something against another. From any thread. That one is silent its session says
    /// better.
    public void suspect(Suspect suspect) {
        if (suspect.evidence() == Evidence.REFUSED) {
            loop.run(() -> refuses(suspect.node(), suspect.epoch()));
        }
    }

    private void refuses(int node, long epoch) {
        ClusterImage image = metadata.image();
        BrokerImage known = image.brokers().get(node);
        if (known == null || known.epoch() != epoch) {
            return;
        }
        refusals.keySet().retainAll(image.brokers().keySet());
        refusals.put(node, new Refusal(epoch, loop.nowMs()));
        metadata.gone(node);
        if (controls) {
            perform(core.refused(node, epoch, image, loop.nowMs()));
        } else if (known.isActive() && told.add(node)) {
            metadata.propose(new FenceBroker(node, epoch), loop.nowMs() + sessionMs, loop, _ -> told.remove(node));
        }
    }

    // ---- what is not decided

    /// Another process does not take the place of one that is in session, unless it has its folder, so that the other
    /// is gone. And who is to be fenced this controller says itself.
    @Override
    public @Nullable Refused<?> refusal(MetadataCommand<?> command) {
        return switch (command) {
            case RegisterBroker register -> refusal(register);
            case FenceBroker(int node, long epoch) -> {
                if (controls && core.isOrdered(node, epoch)) {
                    yield null;
                }
                loop.execute(() -> doubted(node, epoch));
                yield new Refused<>(ErrorCode.NOT_CONTROLLER,
                        "The controller sees for itself whether broker " + node + " is gone.");
            }
            default -> null;
        };
    }

    private @Nullable Refused<?> refusal(RegisterBroker command) {
        if (!controls) {
            return new Refused<>(ErrorCode.NOT_CONTROLLER, "This broker has become the controller just now.");
        }
        String misfit = FeatureRange.misfit(command.registration(), metadata.image().features());
        if (misfit != null) {
            return new Refused<>(ErrorCode.UNSUPPORTED_VERSION, misfit);
        }
        BrokerImage known = metadata.image().brokers().get(command.registration().node());
        if (known == null || command.isAfter(known)
                || known.registration().incarnation().equals(command.registration().incarnation())) {
            return null;
        }
        core.welcome(metadata.image(), loop.nowMs());
        long leftMs = core.inSessionForMs(known.id(), known.epoch(), loop.nowMs());
        return leftMs == 0 ? null : new Refused<>(ErrorCode.DUPLICATE_BROKER_REGISTRATION, "Another process is broker "
                + known.id() + ", as far as is known; if it is gone, its session ends in " + leftMs + " ms.");
    }

    private void doubted(int node, long epoch) {
        if (controls) {
            perform(core.doubted(node, epoch, metadata.image(), loop.nowMs()));
        }
    }

    // ---- orders

    /// After each call of the core.
    private void perform(List<Order> orders) {
        for (Order order : orders) {
            metadata.propose(order.command(), loop.nowMs() + sessionMs, loop, ended -> ended(order, ended));
        }
        arm();
    }

    private void ended(Order order, Proposed<ErrorCode> how) {
        core.ended(order.id(), how instanceof Committed, loop.nowMs());
        arm();
        switch (how) {
            case Committed<ErrorCode>(ErrorCode result) -> {
                if (result == ErrorCode.NONE && order.command() instanceof FenceBroker fence) {
                    LOG.warn("Broker {} is fenced: {}", fence.node(), order.why());
                } else {
                    LOG.info("{}: {}, {}", order.command(), result, order.why());
                }
            }
            case NotCommitted<ErrorCode> not -> LOG.warn("Not done yet: {}, since {}: {}",
                    order.command(), order.why(), not.reason());
        }
    }
}
