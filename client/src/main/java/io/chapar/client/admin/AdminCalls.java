package io.chapar.client.admin;

import io.chapar.client.ChaparException;
import io.chapar.client.ClientConfig;
import io.chapar.client.Disposition;
import io.chapar.client.FatalException;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.UsageException;
import io.chapar.client.metadata.ClusterView;
import io.chapar.client.metadata.CoordinatorLookup;
import io.chapar.client.metadata.CoordinatorOutcome;
import io.chapar.client.metadata.CoordinatorType;
import io.chapar.client.metadata.Metadata;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.protocol.message.Response;
import io.chapar.transport.Backoff;
import io.chapar.transport.Call;
import io.chapar.transport.CallResult;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.ClientRuntime;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;

/// Finds the broker that can answer, asks it, and asks again while the reason not to answer may pass. Blocks the
/// caller, on any thread but the loop's; everything that touches the client's cores is handed to the loop.
final class AdminCalls {
    private static final int LOWEST_METADATA_VERSION = 4;

    /// Whom to ask.
    sealed interface Target {
        record AnyBroker() implements Target {
        }

        record Controller() implements Target {
        }

        record Coordinator(CoordinatorType type, String key) implements Target {
        }

        record Broker(Node node) implements Target {
        }
    }

    /// `lostBefore`: an earlier attempt may have taken effect although its answer was not seen.
    record Reply<R extends Response>(R response, short version, Node node, boolean lostBefore) {
    }

    private final ClientRuntime runtime;
    private final ClientLoop loop;
    private final ClientConfig config;
    private final Backoff backoff;
    private final Metadata metadata;
    private final CoordinatorLookup lookup;

    AdminCalls(ClientConfig config, ClientRuntime runtime) {
        this.config = config;
        this.runtime = runtime;
        loop = runtime.loop();
        backoff = new Backoff(config.retryBackoffMs(), config.retryBackoffMaxMs(), runtime.random());
        metadata = new Metadata(loop, runtime.transport(), config, backoff, false);
        lookup = new CoordinatorLookup(loop, runtime.transport(), metadata, config, backoff);
    }

    int requestTimeoutMs() {
        return config.requestTimeoutMs();
    }

    /// The loop time until which one call of a user may take.
    long deadlineMs() {
        return loop.nowMs() + config.apiTimeoutMs();
    }

    long nowMs() {
        return loop.nowMs();
    }

    boolean isOver(long deadlineMs) {
        return loop.nowMs() >= deadlineMs;
    }

    /// Asks until an answer comes whose error as a whole (`error` picks it out) is not one that may pass.
    <R extends Response> Reply<R> ask(Target target, Call call, Class<R> type, Function<R, ErrorCode> error,
            long deadlineMs) {
        return ask(target, call, type, error, _ -> null, deadlineMs);
    }

    /// As the other.
    ///
    /// @param reason what the broker says of that error, for whoever waits in vain; null where it says nothing
    <R extends Response> Reply<R> ask(Target target, Call call, Class<R> type, Function<R, ErrorCode> error,
            Function<R, @Nullable String> reason, long deadlineMs) {
        boolean lost = false;
        int failures = 0;
        while (true) {
            Node node = find(target, deadlineMs);
            CallResult outcome = await(later(done -> runtime.transport().send(node, call, done)), deadlineMs,
                    call.api().toString());
            String fault;
            switch (outcome) {
                case CallResult.Answered(Response response, short version) -> {
                    R typed = type.cast(response);
                    ErrorCode whole = error.apply(typed);
                    if (!Disposition.of(whole).mayRetry()) {
                        return new Reply<>(typed, version, node, lost);
                    }
                    String why = reason.apply(typed);
                    fault = why == null || why.isBlank() ? whole.toString() : whole + ", " + why;
                }
                case CallResult.Written written -> throw new IllegalStateException("not sent one-way: " + written);
                case CallResult.NoAnswer none -> {
                    ErrorCode refusal = none.refusal();
                    if (refusal != null) {
                        throw refusal == ErrorCode.INVALID_REQUEST ? new UsageException(refusal, none.detail())
                                : new FatalException(refusal, none.detail());
                    }
                    lost |= none.mayHaveHappened();
                    fault = none.detail();
                }
            }
            failures++;
            pause(failures, deadlineMs, call.api() + ": " + fault, lost);
            forget(target);
        }
    }

    /// Waits before the next attempt; throws when there is no time for one.
    void pause(int failures, long deadlineMs, String fault, boolean lost) {
        long waitMs = backoff.delayMs(failures);
        if (loop.nowMs() + waitMs >= deadlineMs) {
            String text = "Not done within " + config.apiTimeoutMs() + " ms; last: " + fault;
            throw lost ? new UnknownOutcomeException(text) : new RetriableException(text);
        }
        await(later(done -> loop.schedule(waitMs, () -> done.accept(null))), deadlineMs, fault);
    }

    /// What the cluster says of these topics right now; null: of all.
    ClusterView describe(@Nullable Collection<String> topics, long deadlineMs) {
        List<MetadataRequest.MetadataRequestTopic> wanted = topics == null ? null : topics.stream()
                .map(name -> MetadataRequest.MetadataRequestTopic.builder().name(name).build())
                .toList();
        MetadataRequest request = MetadataRequest.builder()
                .topics(wanted)
                .allowAutoTopicCreation(false)
                .build();
        Call call = Call.of(request, config.requestTimeoutMs()).atLeast(LOWEST_METADATA_VERSION);
        return ClusterView.read(ask(new Target.AnyBroker(), call, MetadataResponse.class,
                response -> ErrorCode.of(response.errorCode()), deadlineMs).response());
    }

    void close() {
        try {
            loop.execute(metadata::stop);
        } catch (RejectedExecutionException e) {
            // Closed before.
        }
        runtime.close();
    }

    private Node find(Target target, long deadlineMs) {
        return switch (target) {
            case Target.AnyBroker() -> await(later(done -> done.accept(metadata.anyNode())), deadlineMs, "a broker");
            case Target.Broker(Node node) -> node;
            case Target.Controller() -> {
                ClusterView view = describe(List.of(), deadlineMs);
                Node controller = view.nodes().get(view.controllerId());
                yield controller != null ? controller : find(new Target.AnyBroker(), deadlineMs);
            }
            case Target.Coordinator(CoordinatorType type, String key) -> {
                CoordinatorOutcome outcome =
                        await(later(done -> lookup.find(type, key, deadlineMs, done)), deadlineMs, "coordinator");
                yield switch (outcome) {
                    case CoordinatorOutcome.Found(Node node) -> node;
                    case CoordinatorOutcome.NotFound(ErrorCode error, String detail)
                            when error == ErrorCode.INVALID_REQUEST && detail != null ->
                        throw new UsageException(error, detail);
                    case CoordinatorOutcome.NotFound(ErrorCode error, String detail) ->
                        throw Disposition.exception(error, "No coordinator for " + key, detail);
                };
            }
        };
    }

    private void forget(Target target) {
        if (target instanceof Target.Coordinator(CoordinatorType type, String key)) {
            loop.execute(() -> lookup.forget(type, key));
        }
    }

    private <T> CompletableFuture<T> later(Consumer<Consumer<T>> start) {
        CompletableFuture<T> result = new CompletableFuture<>();
        try {
            loop.execute(() -> start.accept(result::complete));
        } catch (RejectedExecutionException e) {
            throw new UsageException("The admin client is closed");
        }
        return result;
    }

    private <T> T await(CompletableFuture<T> future, long deadlineMs, String what) {
        if (loop.inLoop()) {
            throw new UsageException("A call that waits cannot be made in a callback");
        }
        try {
            return future.get(Math.max(1, deadlineMs - loop.nowMs()), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnknownOutcomeException(ErrorCode.NONE, "Interrupted while waiting: " + what, e);
        } catch (TimeoutException e) {
            throw new UnknownOutcomeException(ErrorCode.NONE,
                    "No answer within " + config.apiTimeoutMs() + " ms: " + what, e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof ChaparException known ? known
                    : new FatalException(ErrorCode.UNKNOWN_SERVER_ERROR, what, e.getCause());
        }
    }
}
