package io.chapar.broker.share.state;

/// What a [ShareStateCore] wants done, in this order.
public sealed interface ShareStateEffect {
    /// Append the record; then tell [ShareStateCore#committed] or [ShareStateCore#failed].
    record Append(long id, ShareStateRecord record) implements ShareStateEffect {}

    /// Every request gets exactly one.
    record Reply(long request, ShareStateReply reply) implements ShareStateEffect {}

    /// Nothing in the log before this offset is needed any more.
    record Prune(long before) implements ShareStateEffect {}
}
