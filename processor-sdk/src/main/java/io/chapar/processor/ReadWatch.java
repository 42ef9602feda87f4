package io.chapar.processor;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Whether a thread cannot read something for long: its polls end in time, and empty, all the while. On the consumer's
/// loop.
final class ReadWatch {
    private static final Logger LOG = LoggerFactory.getLogger(ReadWatch.class);
    private static final long NEVER = Long.MAX_VALUE;

    private final String memberName;
    private long sinceMs = NEVER;
    private boolean told;

    ReadWatch(String memberName) {
        this.memberName = memberName;
    }

    /// `hindrance` null: there is none. What is to be told, once for each time that it lasts; null: nothing.
    @Nullable ProcessorException polled(@Nullable String hindrance, long nowMs) {
        if (hindrance == null) {
            sinceMs = NEVER;
            told = false;
            return null;
        }
        sinceMs = Math.min(sinceMs, nowMs);
        if (told || nowMs - sinceMs < StepWatch.LONG_MS) {
            return null;
        }
        told = true;
        String text = "For " + (nowMs - sinceMs) + " ms not all could be read, and it is tried again until it can: "
                + hindrance;
        LOG.warn("{}: {}", memberName, text);
        return new ProcessorException(text, null);
    }
}
