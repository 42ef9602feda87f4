package io.chapar.processor;

import io.chapar.client.consumer.PositionReset;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What is said of a position that was not in the log: no delivery mode can make up for records that were deleted
/// before they were processed.
final class LostPlace {
    private static final Logger LOG = LoggerFactory.getLogger(LostPlace.class);

    private LostPlace() {
    }

    static ProcessorException tell(PositionReset reset) {
        String text = reset.from() < reset.to()
                ? "Offset " + reset.from() + " of " + reset.partition() + " is not in its log any more, and processing"
                        + " goes on at " + reset.to() + ": what was between them was deleted before it was processed,"
                        + " and is lost to this application. If it was too old, raise the topic's retention.ms or"
                        + " retention.bytes"
                : "Offset " + reset.from() + " of " + reset.partition() + " is not in its log, and processing goes on"
                        + " at " + reset.to() + ": the topic was made anew or its log was cut, and records may be"
                        + " processed again";
        LOG.warn(text);
        return new ProcessorException(text, null);
    }
}
