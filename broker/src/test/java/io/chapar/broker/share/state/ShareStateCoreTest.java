package io.chapar.broker.share.state;

import io.chapar.broker.budget.Budget;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What the log of states keeps, and for how long.
class ShareStateCoreTest {
    private static final int KEYS = 5 * ShareStateCore.MOST_COLD;
    private static final long PRUNE_MS = 300_000;

    private final ShareStateCore core =
            new ShareStateCore(new ShareStateCore.Limits(1_000_000, PRUNE_MS), Budget.unbounded());
    private final List<ShareStateReply> replies = new ArrayList<>();
    private long offset = 0;
    private long pruned = 0;
    private long nowMs = 1_000_000;
    private long requests = 0;

    private void take(ShareStateEffect effect) {
        switch (effect) {
            case ShareStateEffect.Append append -> core.committed(append.id(), offset++, nowMs, this::take);
            case ShareStateEffect.Reply reply -> replies.add(reply.reply());
            case ShareStateEffect.Prune prune -> pruned = prune.before();
        }
    }

    private static ShareKey key(int number) {
        return new ShareKey("g", new UUID(0, number), 0);
    }

    private void write(int key, long start) {
        core.submit(++requests, new ShareStateCommand.Write(key(key), 1, 1, start, 0, List.of()), nowMs, this::take);
    }

    private ShareStateReply write(long start, StateBatch... batches) {
        core.submit(++requests, new ShareStateCommand.Write(key(0), 1, 1, start, 0, List.of(batches)), nowMs,
                this::take);
        return replies.getLast();
    }

    private ShareStateReply read() {
        core.submit(++requests, new ShareStateCommand.Read(key(0), 1), nowMs, this::take);
        return replies.getLast();
    }

    private void begin() {
        core.start(nowMs);
        core.submit(++requests, new ShareStateCommand.Initialize(key(0), 1, 0), nowMs, this::take);
    }

    /// A leader that was not answered gives the write up and goes on from what is written then, under the same epochs:
    /// the write may still be on its way.
    @Test
    void aWriteThatComesLateTakesNothingBack() {
        begin();
        StateBatch given = new StateBatch(7, 8, StateBatch.AVAILABLE, (short) 1);
        StateBatch accepted = new StateBatch(8, 8, StateBatch.ACKNOWLEDGED, (short) 2);
        assertEquals(ErrorCode.NONE, write(3, given).error());
        assertEquals(ErrorCode.NONE, write(5, accepted).error());
        assertEquals(ErrorCode.FENCED_STATE_EPOCH, write(3).error(), "where the group begins");
        assertEquals(ErrorCode.FENCED_STATE_EPOCH, write(5, given).error(), "what is accepted");
        assertEquals(ErrorCode.FENCED_STATE_EPOCH,
                write(5, new StateBatch(6, 9, StateBatch.ARCHIVED, (short) 1)).error(), "by whom");
        assertEquals(ErrorCode.FENCED_STATE_EPOCH,
                write(5, new StateBatch(7, 7, StateBatch.AVAILABLE, (short) 0)).error(), "how often it was delivered");
        assertEquals(5, read().startOffset());
        assertEquals(List.of(new StateBatch(7, 7, StateBatch.AVAILABLE, (short) 1), accepted), read().batches());
    }

    /// What was written and not told is said once more by whoever did not hear of it.
    @Test
    void theSameMayBeWrittenTwice() {
        begin();
        StateBatch given = new StateBatch(7, 7, StateBatch.AVAILABLE, (short) 1);
        StateBatch done = new StateBatch(8, 9, StateBatch.ARCHIVED, (short) 3);
        assertEquals(ErrorCode.NONE, write(3, given, done).error());
        assertEquals(ErrorCode.NONE, write(3, given, done).error());
        assertEquals(ErrorCode.NONE, write(-1, new StateBatch(2, 6, StateBatch.ACKNOWLEDGED, (short) 1)).error());
        assertEquals(ErrorCode.NONE, write(10).error());
    }

    /// Those that nobody changes keep the log from being pruned: all are written anew soon after each other.
    @Test
    void whatNobodyChangesDoesNotKeepTheLogForHours() {
        core.start(nowMs);
        for (int i = 0; i < KEYS; i++) {
            core.submit(++requests, new ShareStateCommand.Initialize(key(i), 1, 0), nowMs, this::take);
        }
        for (int i = 0; i < 10_000; i++) {
            write(KEYS - 1, i);
        }
        long end = offset;
        nowMs += PRUNE_MS;
        for (int i = 0; i < 10; i++) {
            core.tick(nowMs, this::take);
            nowMs += 1_000;
        }
        assertTrue(pruned >= end - 1 - KEYS, () -> "pruned to " + pruned + " of " + end);
        long after = offset;
        nowMs += PRUNE_MS;
        core.tick(nowMs, this::take);
        assertEquals(after, offset, "what was written anew is not written again");
        assertEquals(nowMs + PRUNE_MS, core.nextDeadlineMs());
    }
}
