package io.chapar.processor;

import io.chapar.processor.jdbc.Row;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// What became of one record in user code, retries and [ErrorPolicy] included.
sealed interface Effect {
    /// To be written. `skipped`: the record was given up here, and these are not its outputs but its dead letter,
    /// nothing, or the record itself once more, to be tried again later.
    record Outputs(List<SinkRecord> records, boolean skipped, @Nullable Changes changes) implements Effect {
        /// Without any change of state.
        Outputs(List<SinkRecord> records, boolean skipped) {
            this(records, skipped, null);
        }

        boolean isGivenUp() {
            return skipped && records.stream().noneMatch(RetryTopics::isPutOff);
        }

        List<Row> rows() {
            return changes == null ? List.of() : changes.rows();
        }
    }

    /// The application stops with this.
    record Failed(ProcessorException cause) implements Effect {
    }

    /// A store could not be read.
    record StateLost(StateLostException cause) implements Effect {
    }

    /// User code was cut off by an interrupt, which was asked for.
    record Interrupted() implements Effect {
    }
}
