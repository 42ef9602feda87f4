package io.chapar.transport;

import io.chapar.protocol.message.Response;

/// What became of one call.
public sealed interface CallResult {
    /// The broker answered, in `version`.
    record Answered(Response response, short version) implements CallResult {
    }

    /// A one-way call was written to the socket, and nothing more will be heard of it.
    record Written(short version) implements CallResult {
    }

    /// There is no answer and there will be none.
    record NoAnswer(Reason reason, String detail) implements CallResult {
        /// Whether the broker may have acted on the call.
        public boolean mayHaveHappened() {
            return reason.mayHaveHappened;
        }
    }

    enum Reason {
        /// Never written: no connection within the call's time, or the client is closing.
        NOT_SENT(false),
        /// Never written: the node serves no version of this API that the call allows.
        UNSUPPORTED_VERSION(false),
        /// Written, then the connection broke.
        LOST(true),
        /// Written, and no answer within the call's time; the connection was given up with it.
        TIMED_OUT(true),
        /// The answer was not what the protocol says; the connection was given up.
        MALFORMED(true);

        private final boolean mayHaveHappened;

        Reason(boolean mayHaveHappened) {
            this.mayHaveHappened = mayHaveHappened;
        }
    }
}
