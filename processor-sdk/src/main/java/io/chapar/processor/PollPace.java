package io.chapar.processor;

import io.chapar.client.KafkaConfigNames;
import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/// Whether a member polls as often as its group wants, and which record is to blame if it does not; and, where polls go
/// on while records are worked on, whether one of them takes longer than that. Told of on the runner's loop; asked from
/// any thread.
final class PollPace {
    /// `sinceMs`: when a record was begun.
    record InHand(SourceRecord record, long sinceMs) {
    }

    /// Of those that have ended.
    private record Slowest(SourceRecord record, long tookMs) {
    }

    private final long maxPollIntervalMs;
    private volatile long polledMs;
    /// The record that is being worked on, where it is one at a time.
    private final AtomicReference<@Nullable InHand> first = new AtomicReference<>();
    /// When each of those was begun that are being worked on beside it.
    private final ConcurrentHashMap<SourceRecord, Long> others = new ConcurrentHashMap<>();
    /// How many have ended since the poll.
    private final AtomicInteger ended = new AtomicInteger();
    private volatile @Nullable Slowest slowest;

    PollPace(long maxPollIntervalMs, long nowMs) {
        this.maxPollIntervalMs = maxPollIntervalMs;
        polledMs = nowMs;
    }

    void polled(long nowMs) {
        ended.setRelease(0);
        slowest = null;
        polledMs = nowMs;
    }

    void begins(SourceRecord record, long nowMs) {
        if (first.getPlain() == null) {
            first.setRelease(new InHand(record, nowMs));
        } else {
            others.put(record, nowMs);
        }
    }

    @SuppressWarnings("ReferenceEquality")
    void ends(SourceRecord record, long nowMs) {
        InHand one = first.getPlain();
        if (one != null && one.record == record) {
            first.setRelease(null);
            past(record, nowMs - one.sinceMs);
        } else {
            Long sinceMs = others.remove(record);
            if (sinceMs != null) {
                past(record, nowMs - sinceMs);
            }
        }
    }

    private void past(SourceRecord record, long tookMs) {
        ended.setRelease(ended.getPlain() + 1);
        Slowest before = slowest;
        if (before == null || tookMs > before.tookMs) {
            slowest = new Slowest(record, tookMs);
        }
    }

    /// The one that has been worked on for longest; null when none is.
    private @Nullable InHand oldest() {
        InHand oldest = first.getAcquire();
        for (Map.Entry<SourceRecord, Long> one : others.entrySet()) {
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
        Slowest before = slowest;
        if (now != null && (before == null || nowMs - now.sinceMs() >= before.tookMs())) {
            return "The functions have been at work on the record at " + place(now.record()) + " for "
                    + (nowMs - now.sinceMs()) + " ms";
        }
        return before == null ? "No function was at work" : "Of " + ended.getAcquire()
                + " records since then the one at " + place(before.record()) + " took longest: " + before.tookMs()
                + " ms";
    }

    private static String place(SourceRecord record) {
        return "offset " + record.offset() + " of " + record.partition();
    }
}
