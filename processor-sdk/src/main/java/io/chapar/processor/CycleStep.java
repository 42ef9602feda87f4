package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.protocol.TopicPartition;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;

/// What the cycle wants done next. Its host does it and tells the cycle how it went, before it asks for the next.
sealed interface CycleStep {
    SortedSet<TopicPartition> NONE = Collections.emptySortedSet();

    /// A sink.
    record Open() implements CycleStep {
    }

    /// The stores of these tasks, from their changelogs, all at the same time.
    record Restore(List<TaskState> states) implements CycleStep {
    }

    /// `full`: nothing more is wanted of these partitions for now.
    record Poll(long maxWaitMs, SortedSet<TopicPartition> full) implements CycleStep {
        Poll(long maxWaitMs) {
            this(maxWaitMs, NONE);
        }
    }

    record Begin() implements CycleStep {
    }

    /// Work on this record, which may go on while other steps are done.
    record Handle(Ticket ticket) implements CycleStep {
        SourceRecord record() {
            return ticket.record();
        }
    }

    /// What has come of records while it could not be written is taken now.
    record Resume() implements CycleStep {
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

    /// What is committed goes into the stores.
    record Keep() implements CycleStep {
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
