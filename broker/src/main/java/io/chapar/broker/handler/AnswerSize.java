package io.chapar.broker.handler;

import io.chapar.broker.request.RequestContext;

/// How many elements an answer will have that is gathered bit by bit. One that no client can be sent is given up as
/// soon as that is known.
final class AnswerSize {
    /// Bytes that count as much as one more element.
    private static final int BYTES_OF_ELEMENT = 256;

    private final RequestContext context;
    private long elements;

    AnswerSize(RequestContext context) {
        this.context = context;
    }

    static long ofBytes(long bytes) {
        return bytes / BYTES_OF_ELEMENT;
    }

    long elements() {
        return elements;
    }

    /// False when that is too much; the request has been ended then.
    boolean grows(long by, String reason) {
        elements += by;
        if (elements > context.mostElements()) {
            context.close(reason);
            return false;
        }
        return true;
    }
}
