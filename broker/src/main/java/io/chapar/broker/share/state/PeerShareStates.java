package io.chapar.broker.share.state;

import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.coordinator.ClusterPlacement;
import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.peer.Peers;
import io.chapar.protocol.ErrorCode;

import java.util.function.Consumer;

/// The states of share groups in the whole cluster: those that are kept elsewhere are asked for there. What reaches a
/// broker that keeps them no more is asked again of whoever does by then, until the caller's deadline: every command
/// may be done twice.
public final class PeerShareStates implements ShareStates {
    private static final long FIRST_PAUSE_MS = 20;
    private static final long LONGEST_PAUSE_MS = 1_000;

    private final ShareStates local;
    private final ClusterPlacement placement;
    private final Peers peers;

    public PeerShareStates(ShareStates local, ClusterPlacement placement, Peers peers) {
        this.local = local;
        this.placement = placement;
        this.peers = peers;
    }

    @Override
    public void submit(ShareStateCommand command, Caller caller, Consumer<ShareStateReply> done) {
        submit(command, caller, FIRST_PAUSE_MS, done);
    }

    private void submit(ShareStateCommand command, Caller caller, long pauseMs, Consumer<ShareStateReply> done) {
        Consumer<ShareStateReply> judged = reply -> {
            boolean again = isElsewhere(reply.error()) && caller.loop().nowMs() + pauseMs < caller.deadlineMs();
            if (again) {
                caller.loop().schedule(pauseMs,
                        () -> submit(command, caller, Math.min(LONGEST_PAUSE_MS, 2 * pauseMs), done));
            } else {
                done.accept(reply);
            }
        };
        int keeper = placement.shareStates(command.key().text());
        if (keeper == placement.here()) {
            local.submit(command, caller, judged);
        } else {
            peers.ask(keeper, ShareStateWire.request(command), ShareStateWire.version(command), caller.loop(),
                    caller.deadlineMs(), asked -> judged.accept(asked instanceof Peers.Answered(var response)
                            ? ShareStateWire.reply(response) : ShareStateReply.of(ErrorCode.NOT_COORDINATOR)));
        }
    }

    /// Or soon here.
    private static boolean isElsewhere(ErrorCode error) {
        return error == ErrorCode.NOT_COORDINATOR || error == ErrorCode.COORDINATOR_LOAD_IN_PROGRESS
                || error == ErrorCode.COORDINATOR_NOT_AVAILABLE;
    }
}
