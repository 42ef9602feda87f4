package io.chapar.transport;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.Response;
import org.jspecify.annotations.Nullable;

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

        /// What the call is refused with, by this side, since no repetition of it would be sent; null where one may be.
        public @Nullable ErrorCode refusal() {
            return switch (reason) {
                case UNSUPPORTED_VERSION -> ErrorCode.UNSUPPORTED_VERSION;
                case TOO_LONG -> ErrorCode.INVALID_REQUEST;
                case NOT_SENT, LOST, TIMED_OUT, MALFORMED -> null;
            };
        }
    }

    enum Reason {
        /// Never written: no connection within the call's time, or the client is closing.
        NOT_SENT(false),
        /// Never written: the node serves no version of this API that the call allows.
        UNSUPPORTED_VERSION(false),
        /// Never written: it holds a string that the protocol cannot carry.
        TOO_LONG(false),
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
