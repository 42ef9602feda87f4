package io.chapar.broker.group;

import java.util.function.Consumer;

/// One step of a coordinator: when it happens, and where its effects go.
record Step(long nowMs, Consumer<GroupEffect> out) {
    /// Without effect for request 0, which nobody asked.
    void reply(long request, GroupReply reply) {
        if (request != 0) {
            out.accept(new GroupEffect.Reply(request, reply));
        }
    }
}
