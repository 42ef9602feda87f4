package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.protocol.TopicPartition;

import java.util.Map;

/// What the cycle wants done next. Its host does it and tells the cycle how it went, before it asks for the next.
sealed interface CycleStep {
    /// A sink.
    record Open() implements CycleStep {
    }

    /// The stores of one task, from their changelogs.
    record Restore(TaskState state) implements CycleStep {
    }

    record Poll(long maxWaitMs) implements CycleStep {
    }

    record Begin() implements CycleStep {
    }

    /// Work on this record, which may go on while other steps are done.
    record Handle(Ticket ticket) implements CycleStep {
        SourceRecord record() {
            return ticket.record();
        }
    }

    /// Nothing can be done before work on some record has ended.
    record Await() implements CycleStep {
    }

    record Flush() implements CycleStep {
    }

    record CommitPositions(Map<TopicPartition, OffsetAndMetadata> positions) implements CycleStep {
    }

    /// Stages the positions and commits.
    record CommitTransaction(Map<TopicPartition, OffsetAndMetadata> positions) implements CycleStep {
    }

    record Abort() implements CycleStep {
    }

    /// A new sink in place of the present one.
    record Reopen() implements CycleStep {
    }

    record Rewind() implements CycleStep {
    }

    record Wait(long untilMs) implements CycleStep {
    }

    /// Closes sink and source. Nothing follows.
    record Close() implements CycleStep {
    }
}
