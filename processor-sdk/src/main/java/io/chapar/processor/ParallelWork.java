package io.chapar.processor;

import org.jspecify.annotations.Nullable;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/// A topology's functions, each record on a virtual thread of its own. What goes on for tickets that were called in
/// counts among the threads that run at the same time, so there are never more than said.
final class ParallelWork implements Work {
    private final PlanWork work;
    private final String name;
    private final Semaphore room;
    private final Set<Thread> running = ConcurrentHashMap.newKeySet();

    ParallelWork(PlanWork work, String name, int atOnce) {
        this.work = work;
        this.name = name;
        room = new Semaphore(atOnce);
    }

    @Override
    public CompletableFuture<Effect> on(SourceRecord record, @Nullable Refused refused, TaskState state) {
        CompletableFuture<Effect> effect = new CompletableFuture<>();
        Thread.ofVirtual().name(name + "-" + record.partition() + "@" + record.offset())
                .start(() -> run(record, refused, state, effect));
        return effect;
    }

    private void run(SourceRecord record, @Nullable Refused refused, TaskState state,
            CompletableFuture<Effect> effect) {
        running.add(Thread.currentThread());
        try {
            room.acquire();
            try {
                // Called in while it waited for its turn.
                if (!effect.isDone()) {
                    effect.complete(work.effect(record, refused, state));
                }
            } finally {
                room.release();
            }
        } catch (InterruptedException e) {
            effect.complete(new Effect.Interrupted());
        } catch (Throwable fault) {
            effect.completeExceptionally(fault);
        } finally {
            running.remove(Thread.currentThread());
        }
    }

    /// Whether this is called by one of its functions.
    boolean isCurrent() {
        return running.contains(Thread.currentThread());
    }

    /// Every function that runs, after [PlanWork#interrupting]. From any thread.
    void interrupt() {
        running.forEach(Thread::interrupt);
    }
}
