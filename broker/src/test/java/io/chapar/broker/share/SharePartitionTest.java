package io.chapar.broker.share;

import io.chapar.broker.partition.Isolation;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// How much is kept of one partition of a share group.
class SharePartitionTest {
    private static final int LOCKS = 50;
    private static final ShareRules RULES = new ShareRules(
            1_000, 3, LOCKS, true, Isolation.READ_UNCOMMITTED, ShareRules.Reset.EARLIEST);

    private final SharePartition core = new SharePartition(0, List.of());
    private final List<ErrorCode> answers = new ArrayList<>();
    private boolean isWriting = false;
    private ShareEffect.Write last;

    private void take(ShareEffect effect) {
        switch (effect) {
            case ShareEffect.Write write -> {
                isWriting = true;
                last = write;
            }
            case ShareEffect.Answer answer -> answers.add(answer.error());
            case ShareEffect.Available _ -> { }
        }
    }

    private void settle() {
        while (isWriting) {
            isWriting = false;
            core.written(this::take);
        }
    }

    /// One record of a log in which every batch has one, and there is no end.
    private List<Acquired> acquire() {
        long from = core.readFrom(RULES);
        return from < 0 ? List.of() : core.acquire(
                "m", from, List.of(new Extent(from, from, true)), 1, true, RULES, 0, this::take);
    }

    private void say(long offset, AckType type) {
        core.acknowledge(1, "m", List.of(new Acknowledged(offset, offset, new byte[] {(byte) type.ordinal()})), RULES,
                0, this::take);
        settle();
    }

    /// Else a member that keeps one record, and alternates with the others, would grow what is kept without end, until
    /// it does not fit into a record of the state.
    @Test
    void whatIsDoneWithBehindARecordThatIsNotIsBounded() {
        assertEquals(0, acquire().getFirst().first());
        int got = 0;
        for (int i = 0; i < 10 * LOCKS; i++) {
            List<Acquired> next = acquire();
            if (!next.isEmpty()) {
                got++;
                say(next.getFirst().first(), got % 2 == 0 ? AckType.ACCEPT : AckType.REJECT);
            }
        }
        assertTrue(core.runs() <= RULES.runs(), () -> core.runs() + " runs");
        assertEquals(-1, core.readFrom(RULES), "there is no more for now");
        say(0, AckType.ACCEPT);
        assertEquals(got + 1, core.start());
        assertEquals(0, core.runs());
        assertEquals(got + 1, acquire().getFirst().first(), "it goes on");
    }

    @Test
    void whoHasOneThatIsNotDoneWithForTooLongLosesItAndAllGoesOn() {
        acquire();
        for (int i = 0; i < 10 * LOCKS; i++) {
            List<Acquired> next = acquire();
            if (!next.isEmpty()) {
                say(next.getFirst().first(), i % 2 == 0 ? AckType.ACCEPT : AckType.REJECT);
            }
        }
        assertEquals(-1, core.readFrom(RULES));
        core.tick(RULES, 1_001, this::take);
        settle();
        assertEquals(0, acquire().getFirst().first());
    }

    /// Markers and what was aborted are not told apart from each other.
    @Test
    void whatNobodyGetsIsOneStretch() {
        acquire();
        List<Extent> read = new ArrayList<>();
        for (long offset = 1; offset < 500; offset++) {
            read.add(new Extent(offset, offset, false));
        }
        core.acquire("m", 1, read, 10, true, RULES, 0, this::take);
        settle();
        assertEquals(500, core.end());
        assertEquals(2, core.runs());
    }

    @Test
    void aStateFitsIntoOneRecordWhateverIsSet() {
        for (int locks : new int[] {1, 100, 2_000, 20_000}) {
            ShareRules rules = new ShareRules(
                    1_000, 3, locks, true, Isolation.READ_UNCOMMITTED, ShareRules.Reset.EARLIEST);
            assertTrue(rules.runs() >= 1 && rules.runs() + locks <= ShareRules.MOST_RUNS, () -> "locks " + locks);
        }
    }

    /// Of many stretches that are said of one by one.
    @Test
    void oneRequestMaySayAnythingOfEachRecord() {
        List<Acknowledged> all = new ArrayList<>();
        core.acquire("m", 0, List.of(new Extent(0, LOCKS - 1, true)), LOCKS, true, RULES, 0, this::take);
        for (int i = 0; i < LOCKS; i++) {
            all.add(new Acknowledged(i, i, new byte[] {(byte) (i % 2 == 0 ? 2 : 1)}));
        }
        core.acknowledge(1, "m", all, RULES, 0, this::take);
        settle();
        assertEquals(List.of(ErrorCode.NONE), answers);
        assertEquals(LOCKS, last.batches().size());
        assertEquals(LOCKS / 2, last.completeCount());
        assertEquals(0, core.readFrom(RULES));
        assertEquals(LOCKS / 2, core.acquire(
                "n", 0, List.of(new Extent(0, LOCKS - 1, true)), LOCKS, true, RULES, 0, this::take).size());
        assertEquals(LOCKS, core.readFrom(RULES), "what is free lies behind all that is not");
    }
}
