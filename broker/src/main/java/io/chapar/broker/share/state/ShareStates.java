package io.chapar.broker.share.state;

import io.chapar.broker.coordinator.Caller;

import java.util.function.Consumer;

/// The states of share groups, wherever they are kept. Callable from any loop; every answer comes once, on the
/// caller's.
public interface ShareStates {
    /// Beside the core's own answers: COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR or COORDINATOR_NOT_AVAILABLE, of
    /// which only the second leaves it open whether a change was made.
    void submit(ShareStateCommand command, Caller caller, Consumer<ShareStateReply> done);
}
