package io.chapar.client.producer;

import io.chapar.transport.ClientLoop;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// Records on their way from any thread to the loop, in the order of each thread's calls. Many records cost one
/// wake-up. Bounded by the [MemoryBudget]: every record in it holds its bytes.
final class Inbox {
    private final ClientLoop loop;
    private final Runnable drained;
    private final Consumer<PendingRecord> taking;
    private final ConcurrentLinkedQueue<PendingRecord> records = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();

    /// `taking` gets each record on the loop, then `drained` runs.
    Inbox(ClientLoop loop, Consumer<PendingRecord> taking, Runnable drained) {
        this.loop = loop;
        this.taking = taking;
        this.drained = drained;
    }

    void add(PendingRecord record) {
        records.add(record);
        wake();
    }

    /// Has the loop look after everything soon.
    void wake() {
        if (scheduled.compareAndSet(false, true)) {
            loop.execute(this::drain);
        }
    }

    /// On the loop: takes over whatever was added before.
    void drain() {
        scheduled.set(false);
        PendingRecord record = records.poll();
        while (record != null) {
            taking.accept(record);
            record = records.poll();
        }
        drained.run();
    }
}
