package io.chapar.processor;

import io.chapar.client.KafkaConfigNames;
import org.jspecify.annotations.Nullable;

/// Whether a member polls as often as its group wants, and which record is to blame if it does not. Told of on the
/// runner's loop; asked from any thread.
final class PollPace {
    private record InHand(SourceRecord record, long sinceMs) {
    }

    /// `slowest` null: none has ended since the poll.
    private record Past(int records, @Nullable SourceRecord slowest, long tookMs) {
        static final Past NONE = new Past(0, null, 0);

        Past and(SourceRecord record, long ms) {
            return slowest == null || ms > tookMs ? new Past(records + 1, record, ms)
                    : new Past(records + 1, slowest, tookMs);
        }
    }

    private final long maxPollIntervalMs;
    private volatile long polledMs;
    private volatile @Nullable InHand inHand;
    private volatile Past past = Past.NONE;

    PollPace(long maxPollIntervalMs, long nowMs) {
        this.maxPollIntervalMs = maxPollIntervalMs;
        polledMs = nowMs;
    }

    void polled(long nowMs) {
        past = Past.NONE;
        polledMs = nowMs;
    }

    void begins(SourceRecord record, long nowMs) {
        inHand = new InHand(record, nowMs);
    }

    void ends(SourceRecord record, long nowMs) {
        InHand begun = inHand;
        if (begun != null && begun.record().equals(record)) {
            past = past.and(record, nowMs - begun.sinceMs());
            inHand = null;
        }
    }

    long maxPollIntervalMs() {
        return maxPollIntervalMs;
    }

    /// When the last poll ended.
    long polledMs() {
        return polledMs;
    }

    /// Null while there is still time for a poll.
    @Nullable ProcessorException late(long nowMs, @Nullable Throwable cause) {
        long passedMs = nowMs - polledMs;
        if (passedMs < maxPollIntervalMs) {
            return null;
        }
        return new ProcessorException("No poll for " + passedMs + " ms, which is longer than "
                + KafkaConfigNames.MAX_POLL_INTERVAL_MS + " (" + maxPollIntervalMs + "): the group takes this member"
                + " for dead, gives its partitions to others, and what it has done since is done again. " + blame(nowMs)
                + ". Raise " + KafkaConfigNames.MAX_POLL_INTERVAL_MS + ", lower " + KafkaConfigNames.MAX_POLL_RECORDS
                + ", or have the functions take less time", cause);
    }

    private String blame(long nowMs) {
        InHand now = inHand;
        Past before = past;
        SourceRecord slowest = before.slowest();
        if (now != null && (slowest == null || nowMs - now.sinceMs() >= before.tookMs())) {
            return "The functions have been at work on the record at " + place(now.record()) + " for "
                    + (nowMs - now.sinceMs()) + " ms";
        }
        return slowest == null ? "No function was at work" : "Of " + before.records()
                + " records since then the one at " + place(slowest) + " took longest: " + before.tookMs() + " ms";
    }

    private static String place(SourceRecord record) {
        return "offset " + record.offset() + " of " + record.partition();
    }
}
