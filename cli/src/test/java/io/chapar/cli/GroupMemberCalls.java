package io.chapar.cli;

import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.FindCoordinatorResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.chapar.transport.Call;
import io.chapar.transport.CallResult;
import io.chapar.transport.ClientRuntime;
import io.chapar.transport.ConnectionSettings;
import io.chapar.transport.Node;
import org.awaitility.Awaitility;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What members of groups say to a broker, request by request.
final class GroupMemberCalls implements AutoCloseable {
    private static final int TIMEOUT_MS = 15_000;

    private final ClientRuntime runtime = ClientRuntime.open(new ConnectionSettings(
            "member", 10_000, 30_000, 50, 1_000, 540_000, 16 * 1024 * 1024, 100), "group-members");
    private final Node node;

    GroupMemberCalls(String address) {
        int colon = address.lastIndexOf(':');
        node = new Node(-1, address.substring(0, colon), Integer.parseInt(address.substring(colon + 1)));
    }

    <R extends Response> R ask(Request request, Class<R> type) throws Exception {
        CompletableFuture<CallResult> outcome = new CompletableFuture<>();
        runtime.onCrash(outcome::completeExceptionally);
        runtime.loop().execute(() -> runtime.transport().send(
                node, Call.of(request, TIMEOUT_MS), outcome::complete));
        return type.cast(assertInstanceOf(
                CallResult.Answered.class, outcome.get(2L * TIMEOUT_MS, TimeUnit.MILLISECONDS)).response());
    }

    /// The coordinators' topic is made for the first who asks where they are.
    void findCoordinator(String group) {
        until(FindCoordinatorRequest.builder().coordinatorKeys(List.of(group)).build(),
                FindCoordinatorResponse.class, answer -> answer.coordinators().getFirst().errorCode() == 0);
    }

    /// Says it again until the answer is this one.
    <R extends Response> R until(Request request, Class<R> type, Predicate<R> good) {
        AtomicReference<R> last = new AtomicReference<>();
        Awaitility.await().untilAsserted(() -> {
            last.set(ask(request, type));
            assertTrue(good.test(last.get()), last.get()::toString);
        });
        return last.get();
    }

    @Override
    public void close() {
        runtime.close();
    }
}
