package io.chapar.client.producer;

import io.chapar.transport.ClientLoop;

import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// Records on their way from any thread to the loop, in the order of each thread's calls. Many records cost one
/// wake-up. Bounded by the [MemoryBudget]: every record in it holds its bytes.
final class Inbox {
    private final ClientLoop loop;
    private final Runnable drained;
    private final Consumer<List<PendingRecord>> taking;
    private final Consumer<PendingRecord> losing;
    private final ConcurrentLinkedQueue<List<PendingRecord>> records = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean scheduled = new AtomicBoolean();

    /// `taking` gets the records on the loop, then `drained` runs. `losing` gets, on any thread, what is in here when
    /// the loop has stopped.
    Inbox(ClientLoop loop, Consumer<List<PendingRecord>> taking, Consumer<PendingRecord> losing,
            Runnable drained) {
        this.loop = loop;
        this.losing = losing;
        this.taking = taking;
        this.drained = drained;
    }

    /// As [#addAll].
    void add(PendingRecord record) {
        addAll(List.of(record));
    }

    /// Throws [RejectedExecutionException] once the loop has stopped; the records are lost then.
    void addAll(List<PendingRecord> some) {
        records.add(some);
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
            takeAll(some -> some.forEach(losing));
            throw e;
        }
    }

    /// On the loop: takes over whatever was added before.
    void drain() {
        scheduled.set(false);
        takeAll(taking);
        drained.run();
    }

    private void takeAll(Consumer<List<PendingRecord>> by) {
        List<PendingRecord> some = records.poll();
        while (some != null) {
            by.accept(some);
            some = records.poll();
        }
    }
}
