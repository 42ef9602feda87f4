package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;

/// What was to be read next, `from`, is not in the log: reading goes on at `to`. Where that is later, records between
/// them were deleted before they were read, or cannot be told from such; where it is earlier, the log was cut or made
/// anew.
public record PositionReset(TopicPartition partition, long from, long to) {
    PositionReset and(PositionReset later) {
        return new PositionReset(partition, from, later.to);
    }
}
