package io.chapar.broker.producer;

import io.chapar.protocol.ErrorCode;

/// Whether a batch of a producer is the next one.
public sealed interface SequenceCheck {
    SequenceCheck ACCEPTED = new Accepted();

    record Accepted() implements SequenceCheck {}

    /// The very batch was appended before, at these offsets.
    record Duplicate(long firstOffset, long lastOffset, long timestamp) implements SequenceCheck {}

    /// All its records stand in the log, in batches that are not remembered one by one any more.
    ///
    /// @param lastOffset at or before which they are
    record WrittenBefore(long lastOffset) implements SequenceCheck {}

    /// A batch between the last one and this one is missing.
    record Gap(String reason) implements SequenceCheck {}

    /// A newer instance of the producer, or of its coordinator, has been here.
    record Fenced(ErrorCode error, String reason) implements SequenceCheck {}

    /// The batch belongs to no transaction that the coordinator is known to have open here.
    record NoTransaction(String reason) implements SequenceCheck {}
}
