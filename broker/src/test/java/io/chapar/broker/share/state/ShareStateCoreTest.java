package io.chapar.broker.share.state;

import io.chapar.broker.budget.Budget;
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
