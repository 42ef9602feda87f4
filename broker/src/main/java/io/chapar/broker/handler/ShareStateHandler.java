package io.chapar.broker.handler;

import io.chapar.broker.request.RequestContext;
import io.chapar.broker.share.state.ShareStateCommand;
import io.chapar.broker.share.state.ShareStateWire;
import io.chapar.broker.share.state.ShareStates;
import io.chapar.protocol.message.Request;

/// InitializeShareGroupState 0, ReadShareGroupState 0, WriteShareGroupState 0-1, DeleteShareGroupState 0 and
/// ReadShareGroupStateSummary 0-1, of other brokers alone: clients are not let in.
final class ShareStateHandler {
    private final ShareStates states;

    /// @param states those that are kept here
    ShareStateHandler(ShareStates states) {
        this.states = states;
    }

    void handle(Request request, RequestContext context) {
        ShareStateCommand command = ShareStateWire.command(request);
        if (command == null) {
            context.close("a question for the state of other than one partition of a share group");
            return;
        }
        states.submit(command, context.caller(), reply -> context.reply(ShareStateWire.response(command, reply)));
    }
}
