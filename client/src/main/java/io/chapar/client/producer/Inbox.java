package io.chapar.client.producer;

import io.chapar.transport.ClientLoop;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// Records on their way from any thread to the loop, in the order of each thread's calls. Many records cost one
/// wake-up. Bounded by the [MemoryBudget]: every record in it holds its bytes.
final class Inbox {
    private final ClientLoop loop;
    private final Runnable drained;
    private final Consumer<PendingRecord> taking;
    private final Consumer<PendingRecord> losing;
    private final ConcurrentLinkedQueue<PendingRecord> records = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();

    /// `taking` gets each record on the loop, then `drained` runs. `losing` gets, on any thread, what is in here when
    /// the loop has stopped.
    Inbox(ClientLoop loop, Consumer<PendingRecord> taking, Consumer<PendingRecord> losing,
            Runnable drained) {
        this.loop = loop;
        this.losing = losing;
        this.taking = taking;
        this.drained = drained;
    }

    /// Throws [RejectedExecutionException] once the loop has stopped; the record is lost then.
    void add(PendingRecord record) {
        records.add(record);
        wake();
    }

    /// Has the loop look after everything soon. Throws [RejectedExecutionException] once it has stopped.
    void wake() {
        if (!scheduled.compareAndSet(false, true)) {
            return;
        }
        try {
            loop.execute(this::drain);
        } catch (RejectedExecutionException e) {
            // Others may have added theirs meanwhile, and count on this wake-up.
            scheduled.set(false);
            takeAll(losing);
            throw e;
        }
    }

    /// On the loop: takes over whatever was added before.
    void drain() {
        scheduled.set(false);
        takeAll(taking);
        drained.run();
    }

    private void takeAll(Consumer<PendingRecord> by) {
        PendingRecord record = records.poll();
        while (record != null) {
            by.accept(record);
            record = records.poll();
        }
    }
}
