package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.RetriableException;
import io.chapar.protocol.ErrorCode;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.ClientRuntime;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/// The way from the runner's loop to a client's and back: questions are asked there, answers come home. Both may be the
/// same loop. Whoever waits is told when the client fails.
final class ClientCalls {
    private final ClientLoop client;
    private final ClientLoop home;
    /// At home.
    private final TreeMap<Long, CompletableFuture<?>> open = new TreeMap<>();
    private long asked;
    private @Nullable Throwable fault;

    ClientCalls(ClientRuntime runtime, ClientLoop home) {
        client = runtime.loop();
        this.home = home;
        runtime.onCrash(cause -> atHome(() -> failed(cause)));
    }

    /// Called at home, where the answer comes too, in a task of its own; `question` is asked on the client's loop.
    <T> CompletableFuture<T> ask(Supplier<CompletableFuture<T>> question) {
        CompletableFuture<T> answer = waiting();
        if (answer.isDone()) {
            return answer;
        }
        onClient(() -> {
            CompletableFuture<T> asked;
            try {
                asked = question.get();
            } catch (ChaparException e) {
                asked = CompletableFuture.failedFuture(e);
            }
            var _ = asked.whenComplete((value, failure) -> atHome(() -> end(answer, value, failure)));
        }, answer);
        return answer;
    }

    /// For something that ends at home, unless the client fails before.
    <T> CompletableFuture<T> waiting() {
        CompletableFuture<T> answer = new CompletableFuture<>();
        if (fault != null) {
            answer.completeExceptionally(broken());
            return answer;
        }
        long number = asked++;
        open.put(number, answer);
        var _ = answer.whenComplete((value, failure) -> open.remove(number));
        return answer;
    }

    /// Something that has no answer; nothing when the client has closed.
    void tell(Runnable task) {
        onClient(task, new CompletableFuture<>());
    }

    /// As [#tell], after so long.
    void tellIn(long delayMs, Runnable task) {
        tell(() -> {
            var _ = client.schedule(delayMs, task);
        });
    }

    private void onClient(Runnable task, CompletableFuture<?> answer) {
        try {
            client.run(task);
        } catch (RejectedExecutionException e) {
            answer.completeExceptionally(new RetriableException("The client is closed"));
        }
    }

    /// By the client's clock.
    long wallClockMs() {
        return client.wallClockMs();
    }

    /// From any thread; nothing when home has closed, where nobody waits for anything then.
    void atHome(Runnable task) {
        try {
            home.execute(task);
        } catch (RejectedExecutionException e) {
            // The runner has ended.
        }
    }

    private <T> void end(CompletableFuture<T> answer, T value, Throwable failure) {
        if (failure == null) {
            answer.complete(value);
        } else {
            answer.completeExceptionally(cause(failure));
        }
    }

    /// What a future failed with, without what futures that hang on it have put around it.
    static Throwable cause(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private void failed(Throwable cause) {
        fault = cause;
        List.copyOf(open.values()).forEach(answer -> answer.completeExceptionally(broken()));
    }

    private ChaparException broken() {
        return new FatalException(ErrorCode.UNKNOWN_SERVER_ERROR, "The client failed", fault);
    }
}
