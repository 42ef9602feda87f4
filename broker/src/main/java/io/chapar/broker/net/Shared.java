package io.chapar.broker.net;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// What all connections share.
///
/// Messages of many elements are turned into objects, and back into bytes, one after the other on a thread of their
/// own, which is there only while there are some: a loop must not be held by them.
///
/// @param requests elements of requests from being read to being answered
/// @param answers elements of answers from being built to being sent
record Shared(FrameBudget frames, ElementBudget requests, ElementBudget answers, ThreadPoolExecutor large) {
    private static final Logger LOG = LoggerFactory.getLogger(Shared.class);

    private static final int IDLE_SECONDS = 5;

    /// A quarter of the heap each for requests and answers; half of what may be taken outside of it for frames.
    static Shared of(long heapBytes, long directBytes) {
        ThreadPoolExecutor large = new ThreadPoolExecutor(1, 1, IDLE_SECONDS, TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(), task -> new Thread(task, "chapar-large-messages"));
        large.allowCoreThreadTimeOut(true);
        return new Shared(new FrameBudget(directBytes / 2),
                ElementBudget.ofElements(heapBytes / 4), ElementBudget.ofElements(heapBytes / 4), large);
    }

    /// What was not begun is not done any more: nobody is there to take it.
    void close() {
        large.shutdownNow();
        try {
            if (!large.awaitTermination(IDLE_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("A message is still being read or written after {} s", IDLE_SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
