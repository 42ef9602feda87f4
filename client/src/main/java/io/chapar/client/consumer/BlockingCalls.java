package io.chapar.client.consumer;

import io.chapar.client.ChaparException;
import io.chapar.client.ClientConfig;
import io.chapar.client.FatalException;
import io.chapar.client.RetriableException;
import io.chapar.client.UsageException;
import io.chapar.protocol.ErrorCode;
import io.chapar.transport.ClientLoop;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Function;

/// How the user's thread, one at a time, has something done on a consumer's loop and waits for it. Whoever waits is
/// told if the loop fails or stops.
final class BlockingCalls {
    private final ClientLoop loop;
    private final ClientConfig config;
    private final ReentrantLock use = new ReentrantLock();
    private final Map<Long, CompletableFuture<?>> open = new ConcurrentHashMap<>();
    private final AtomicLong calls = new AtomicLong();
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile @Nullable Throwable crash;

    interface Action<T> {
        T run();
    }

    /// May find nothing.
    interface Question<T> {
        @Nullable T ask();
    }

    BlockingCalls(ClientLoop loop, ClientConfig config) {
        this.loop = loop;
        this.config = config;
    }

    // The user's thread.

    void run(Runnable action) {
        var _ = call(() -> {
            action.run();
            return true;
        });
    }

    <T> T call(Action<T> action) {
        enter();
        try {
            if (closed.get()) {
                throw closed();
            }
            Throwable broken = crash;
            if (broken != null) {
                throw failed(broken);
            }
            return action.run();
        } finally {
            leave();
        }
    }

    /// To be followed by [#leave].
    void enter() {
        if (loop.inLoop()) {
            throw new UsageException("A consumer cannot be used in the callback of a future");
        }
        if (!use.tryLock()) {
            throw new UsageException("The consumer is in use by another thread; only wakeup may be called meanwhile");
        }
    }

    void leave() {
        use.unlock();
    }

    // The end.

    boolean isClosed() {
        return closed.get();
    }

    /// Nothing is called from now on.
    void close() {
        closed.set(true);
    }

    boolean isBroken() {
        return crash != null;
    }

    /// A fault of this program on the loop: everybody waiting is told, and the group soon misses the heartbeats.
    void broken(Throwable cause, Runnable stop) {
        crash = cause;
        stop.run();
        fail(failed(cause));
    }

    /// Ends all that is waited for.
    void fail(ChaparException cause) {
        List.copyOf(open.values()).forEach(future -> future.completeExceptionally(cause));
    }

    static UsageException closed() {
        return new UsageException("The consumer is closed");
    }

    private static ChaparException failed(@Nullable Throwable cause) {
        return new FatalException(ErrorCode.UNKNOWN_SERVER_ERROR, "The consumer failed", cause);
    }

    static ChaparException failure(ExecutionException e) {
        return e.getCause() instanceof ChaparException known ? known : failed(e.getCause());
    }

    // To the loop.

    /// The task ends `done`, or whatever ends the loop does.
    void execute(Runnable task, CompletableFuture<?> done) {
        long number = calls.incrementAndGet();
        open.put(number, done);
        var _ = done.whenComplete((value, failure) -> open.remove(number));
        try {
            loop.execute(() -> {
                try {
                    task.run();
                } catch (ChaparException e) {
                    done.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            open.remove(number);
            throw closed();
        }
        Throwable broken = crash;
        if (broken != null) {
            done.completeExceptionally(failed(broken));
        }
    }

    void runOnLoop(Runnable action) {
        var _ = onLoop(() -> {
            action.run();
            return true;
        });
    }

    <T> @Nullable T askLoop(Question<T> question) {
        CompletableFuture<T> done = new CompletableFuture<>();
        execute(() -> done.complete(question.ask()), done);
        return get(done, config.apiTimeoutMs(), "reach the consumer's own thread", RetriableException::new);
    }

    <T> T onLoop(Action<T> action) {
        CompletableFuture<T> done = new CompletableFuture<>();
        execute(() -> done.complete(action.run()), done);
        return get(done, config.apiTimeoutMs(), "reach the consumer's own thread", RetriableException::new);
    }

    <T> T await(long waitMs, String what, Function<String, ChaparException> onTimeout,
            BiConsumer<Long, CompletableFuture<T>> question) {
        CompletableFuture<T> done = new CompletableFuture<>();
        long deadlineMs = loop.nowMs() + waitMs;
        execute(() -> question.accept(deadlineMs, done), done);
        // The loop keeps the deadline and knows why; this is only for the case that it is stuck.
        return get(done, waitMs + config.requestTimeoutMs(), what, onTimeout);
    }

    private static <T> T get(CompletableFuture<T> done, long waitMs, String what,
            Function<String, ChaparException> onTimeout) {
        try {
            return done.get(waitMs, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw onTimeout.apply("Could not " + what + ": interrupted");
        } catch (TimeoutException e) {
            throw onTimeout.apply("Could not " + what + ": no answer within " + waitMs + " ms");
        } catch (ExecutionException e) {
            throw failure(e);
        }
    }
}
