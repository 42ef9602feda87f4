package io.chapar.client.metadata;

import io.chapar.client.ClientConfig;
import io.chapar.client.Disposition;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.FindCoordinatorResponse;
import io.chapar.transport.Backoff;
import io.chapar.transport.Call;
import io.chapar.transport.CallResult;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.Node;
import io.chapar.transport.Transport;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;

/// Finds coordinators and remembers them until told to forget. Callers for the same key share one request. On the loop
/// only.
public final class CoordinatorLookup {
    private static final int FIRST_BATCHED_VERSION = 4;

    private final ClientLoop loop;
    private final Transport transport;
    private final Metadata metadata;
    private final ClientConfig config;
    private final Backoff backoff;
    private final Map<Key, Node> known = new TreeMap<>();
    private final Map<Key, Search> searches = new TreeMap<>();

    private record Key(CoordinatorType type, String name) implements Comparable<Key> {
        @Override
        public int compareTo(Key other) {
            int byType = type.compareTo(other.type);
            return byType != 0 ? byType : name.compareTo(other.name);
        }
    }

    private record Waiter(long deadlineMs, Consumer<CoordinatorOutcome> done) {
    }

    private static final class Search {
        final List<Waiter> waiters = new ArrayList<>();
        int failures;
    }

    public CoordinatorLookup(ClientLoop loop, Transport transport, Metadata metadata, ClientConfig config,
            Backoff backoff) {
        this.loop = loop;
        this.transport = transport;
        this.metadata = metadata;
        this.config = config;
        this.backoff = backoff;
    }

    /// Null when it must be asked for.
    public @Nullable Node known(CoordinatorType type, String name) {
        return known.get(new Key(type, name));
    }

    /// The node said that it is not the coordinator, or does not answer.
    public void forget(CoordinatorType type, String name) {
        known.remove(new Key(type, name));
    }

    /// Ends with the coordinator, an error that will not pass, or at the deadline. `done` may run within this call.
    public void find(CoordinatorType type, String name, long deadlineMs, Consumer<CoordinatorOutcome> done) {
        Key key = new Key(type, name);
        Node node = known.get(key);
        if (node != null) {
            done.accept(new CoordinatorOutcome.Found(node));
            return;
        }
        Search search = searches.get(key);
        if (search != null) {
            search.waiters.add(new Waiter(deadlineMs, done));
            return;
        }
        search = new Search();
        search.waiters.add(new Waiter(deadlineMs, done));
        searches.put(key, search);
        ask(key, search);
    }

    private void ask(Key key, Search search) {
        Call call = Call.of(ApiKey.FIND_COORDINATOR, config.requestTimeoutMs(), version -> request(key, version));
        transport.send(metadata.anyNode(), key.type == CoordinatorType.GROUP ? call : call.atLeast(1),
                outcome -> onOutcome(key, search, outcome));
    }

    private static FindCoordinatorRequest request(Key key, short version) {
        FindCoordinatorRequest.Builder request = FindCoordinatorRequest.builder().keyType(key.type.id());
        return version >= FIRST_BATCHED_VERSION
                ? request.coordinatorKeys(List.of(key.name)).build()
                : request.key(key.name).build();
    }

    private void onOutcome(Key key, Search search, CallResult outcome) {
        switch (outcome) {
            case CallResult.Answered(FindCoordinatorResponse response, short version) -> {
                if (version < FIRST_BATCHED_VERSION) {
                    onAnswer(key, search, ErrorCode.of(response.errorCode()), response.errorMessage(),
                            response.nodeId(), response.host(), response.port());
                } else if (response.coordinators().isEmpty()) {
                    failed(key, search, ErrorCode.COORDINATOR_NOT_AVAILABLE, "empty answer");
                } else {
                    FindCoordinatorResponse.Coordinator one = response.coordinators().getFirst();
                    onAnswer(key, search, ErrorCode.of(one.errorCode()), one.errorMessage(), one.nodeId(), one.host(),
                            one.port());
                }
            }
            case CallResult.Answered _, CallResult.Written _ -> failed(key, search, ErrorCode.UNKNOWN_SERVER_ERROR,
                    "unexpected " + outcome);
            case CallResult.NoAnswer none -> failed(key, search,
                    Objects.requireNonNullElse(none.refusal(), ErrorCode.NETWORK_EXCEPTION), none.detail());
        }
    }

    private void onAnswer(Key key, Search search, ErrorCode error, @Nullable String message, int nodeId, String host,
            int port) {
        if (error != ErrorCode.NONE) {
            failed(key, search, error, message);
            return;
        }
        Node node = new Node(nodeId, host, port);
        known.put(key, node);
        searches.remove(key);
        search.waiters.forEach(waiter -> waiter.done.accept(new CoordinatorOutcome.Found(node)));
    }

    private void failed(Key key, Search search, ErrorCode error, @Nullable String detail) {
        search.failures++;
        long waitMs = backoff.delayMs(search.failures);
        long nextMs = loop.nowMs() + waitMs;
        boolean retry = Disposition.of(error).mayRetry();
        List<Waiter> over = new ArrayList<>();
        for (Waiter waiter : search.waiters) {
            if (!retry || waiter.deadlineMs < nextMs) {
                over.add(waiter);
            }
        }
        search.waiters.removeAll(over);
        if (search.waiters.isEmpty()) {
            searches.remove(key);
        } else {
            loop.schedule(waitMs, () -> ask(key, search));
        }
        over.forEach(waiter -> waiter.done.accept(new CoordinatorOutcome.NotFound(error, detail)));
    }
}
