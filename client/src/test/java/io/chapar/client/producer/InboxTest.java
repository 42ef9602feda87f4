package io.chapar.client.producer;

import io.chapar.transport.ClientLoop;
import io.chapar.transport.VirtualLoop;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class InboxTest {
    private final VirtualLoop loop = new VirtualLoop();
    private final List<PendingRecord> taken = new ArrayList<>();
    private final List<PendingRecord> lost = new ArrayList<>();

    private static PendingRecord record() {
        return PendingRecord.of("t", 0, 0, null, null, List.of(), 1, 0, new SendFuture(0, null, null));
    }

    @Test
    void recordsComeInOrderInOneTask() {
        List<Integer> drained = new ArrayList<>();
        Inbox inbox = new Inbox(loop, taken::addAll, lost::add, () -> drained.add(taken.size()));
        PendingRecord first = record();
        PendingRecord second = record();
        inbox.add(first);
        inbox.add(second);
        loop.advance(1);
        assertEquals(List.of(first, second), taken);
        assertEquals(List.of(2), drained);
    }

    @Test
    void recordsThatAreHandedOverTogetherKeepTheirPlace() {
        Inbox inbox = new Inbox(loop, taken::addAll, lost::add, () -> { });
        List<PendingRecord> together = List.of(record(), record());
        PendingRecord behind = record();
        inbox.addAll(together);
        inbox.add(behind);
        loop.advance(1);
        assertEquals(List.of(together.get(0), together.get(1), behind), taken);
    }

    /// Else the second one's caller would wait for ever: the first one's wake-up counts for both.
    @Test
    void afterTheLoopsEndNobodyIsLeftWaiting() {
        PendingRecord behind = record();
        Inbox[] inbox = new Inbox[1];
        inbox[0] = new Inbox(new StoppingLoop(() -> inbox[0].add(behind)), taken::addAll, lost::add, () -> { });
        PendingRecord first = record();
        assertThrows(RejectedExecutionException.class, () -> inbox[0].add(first));
        assertEquals(List.of(first, behind), lost);
        PendingRecord later = record();
        assertThrows(RejectedExecutionException.class, () -> inbox[0].add(later));
        assertEquals(List.of(first, behind, later), lost);
        assertEquals(List.of(), taken);
    }

    /// Ends just before the first task; another thread comes in between.
    private record StoppingLoop(Runnable meanwhile, List<Runnable> refused) implements ClientLoop {
        StoppingLoop(Runnable meanwhile) {
            this(meanwhile, new ArrayList<>());
        }

        @Override
        public void execute(Runnable task) {
            refused.add(task);
            if (refused.size() == 1) {
                meanwhile.run();
            }
            throw new RejectedExecutionException("stopped");
        }

        @Override
        public boolean inLoop() {
            return false;
        }

        @Override
        public Timer schedule(long delayMs, Runnable task) {
            throw new RejectedExecutionException("stopped");
        }

        @Override
        public long nowMs() {
            return 0;
        }

        @Override
        public long wallClockMs() {
            return 0;
        }
    }
}
