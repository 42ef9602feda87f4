package io.chapar.client.metadata;

import io.chapar.protocol.ErrorCode;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

/// What a look-up of a coordinator ended with.
public sealed interface CoordinatorOutcome {
    record Found(Node node) implements CoordinatorOutcome {
    }

    /// `error` is the last thing a broker said, [ErrorCode#NETWORK_EXCEPTION] when none answered. With an error that
    /// may be retried this means that the time was over.
    record NotFound(ErrorCode error, @Nullable String detail) implements CoordinatorOutcome {
    }
}
