package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataLog;
import org.jspecify.annotations.Nullable;

/// What a controller does not decide for now, by what it knows and the log does not. On the log's loop, in the midst of
/// deciding: nothing may be proposed before the call is over.
public interface Gate {
    Gate OPEN = _ -> null;

    /// Null when the command may be decided.
    MetadataLog.@Nullable Refused<?> refusal(MetadataCommand<?> command);
}
