package io.chapar.processor;

import io.chapar.client.KafkaConfigNames;
import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Whether a member polls as often as its group wants, and which record is to blame if it does not; and, where polls go
/// on while records are worked on, whether one of them takes longer than that. Told of on the runner's loop; asked from
/// any thread.
final class PollPace {
    /// `sinceMs`: when a record was begun.
    record InHand(SourceRecord record, long sinceMs) {
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
    /// When each record was begun that is being worked on.
    private final ConcurrentHashMap<SourceRecord, Long> inHand = new ConcurrentHashMap<>();
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
        inHand.put(record, nowMs);
    }

    void ends(SourceRecord record, long nowMs) {
        Long sinceMs = inHand.remove(record);
        if (sinceMs != null) {
            past = past.and(record, nowMs - sinceMs);
        }
    }

    /// The one that has been worked on for longest; null when none is.
    private @Nullable InHand oldest() {
        InHand oldest = null;
        for (Map.Entry<SourceRecord, Long> one : inHand.entrySet()) {
            if (oldest == null || one.getValue() < oldest.sinceMs()) {
                oldest = new InHand(one.getKey(), one.getValue());
            }
        }
        return oldest;
    }

    /// The record on which work takes longer than polls may; null when there is none.
    @Nullable InHand stuck(long nowMs) {
        InHand oldest = oldest();
        return oldest == null || nowMs - oldest.sinceMs() < maxPollIntervalMs ? null : oldest;
    }

    static ProcessorException tell(InHand stuck, long nowMs, @Nullable Throwable cause) {
        return new ProcessorException("The functions have been at work on the record at " + place(stuck.record())
                + " for " + (nowMs - stuck.sinceMs()) + " ms: later records of its key wait for it, and the committed"
                + " position stays before it", cause);
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
        InHand now = oldest();
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
