package io.chapar.broker.group.modern;

import org.jspecify.annotations.Nullable;

/// Who a heartbeat comes from, by the names that it gives. Static members are known by their instance, whose holder a
/// newcomer of another name replaces.
public sealed interface Sender<M> {
    /// Nobody of this name is in, and it does not join.
    record Unknown<M>() implements Sender<M> {}

    /// The instance is another member's by now.
    record Fenced<M>() implements Sender<M> {}

    record Newcomer<M>() implements Sender<M> {}

    record Known<M>(M member) implements Sender<M> {}

    /// @param holder of its instance
    record Successor<M>(M holder) implements Sender<M> {}

    static <M extends ModernMember> Sender<M> of(
            ModernGroup<M, ?, ?> group, String memberId, @Nullable String instanceId, boolean joins) {
        M holder = group.holder(memberId, instanceId);
        if (holder != null) {
            boolean isSelf = holder.id().equals(memberId);
            return isSelf ? new Known<>(holder) : joins ? new Successor<>(holder) : new Fenced<>();
        }
        M named = group.member(memberId);
        if (joins) {
            return named == null ? new Newcomer<>() : new Known<>(named);
        }
        return new Unknown<>();
    }
}
