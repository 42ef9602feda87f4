package io.chapar.client.consumer;

import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.chapar.transport.Call;
import io.chapar.transport.CallResult;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.FinalizedFeatures;
import io.chapar.transport.Node;
import io.chapar.transport.Transport;

import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/// Brokers as the test plays them: some APIs are answered by rule, the rest wait until the test answers each call.
final class Script implements Transport {
    /// One call on its way.
    final class Exchange {
        final Node node;
        final ApiKey api;
        final short version;
        final Request request;
        private final Consumer<CallResult> done;

        Exchange(Node node, Call call, short version, Consumer<CallResult> done) {
            this.node = node;
            this.api = call.api();
            this.version = version;
            this.request = call.builder().at(version);
            this.done = done;
        }

        <R extends Request> R as(Class<R> type) {
            return type.cast(request);
        }

        void answer(Response response) {
            loop.execute(() -> done.accept(new CallResult.Answered(response, version)));
            loop.settle();
        }

        void fail(CallResult.Reason reason) {
            loop.execute(() -> done.accept(new CallResult.NoAnswer(reason, "as the test wants it")));
            loop.settle();
        }
    }

    private final TestLoop loop;
    private final Map<ApiKey, BiFunction<Node, Exchange, Response>> rules = new EnumMap<>(ApiKey.class);
    private final Map<ApiKey, Short> highest = new EnumMap<>(ApiKey.class);
    private final ArrayDeque<Exchange> waiting = new ArrayDeque<>();

    Script(TestLoop loop) {
        this.loop = loop;
    }

    ClientLoop loop() {
        return loop;
    }

    /// Answers by rule from now on; a rule that returns null leaves the call waiting.
    void rule(ApiKey api, BiFunction<Node, Exchange, Response> rule) {
        rules.put(api, rule);
    }

    void noRule(ApiKey api) {
        rules.remove(api);
    }

    void atMost(ApiKey api, int version) {
        highest.put(api, (short) version);
    }

    @Override
    public void send(Node node, Call call, Consumer<CallResult> done) {
        short version = (short) Math.min(call.highest(), highest.getOrDefault(call.api(), Short.MAX_VALUE));
        if (version < call.lowest()) {
            loop.execute(() -> done.accept(new CallResult.NoAnswer(CallResult.Reason.UNSUPPORTED_VERSION, "too old")));
            return;
        }
        Exchange exchange = new Exchange(node, call, version, done);
        BiFunction<Node, Exchange, Response> rule = rules.get(call.api());
        Response response = rule == null ? null : rule.apply(node, exchange);
        if (response == null) {
            waiting.addLast(exchange);
        } else {
            loop.execute(() -> done.accept(new CallResult.Answered(response, version)));
        }
    }

    /// The oldest waiting call of this kind; there must be one.
    Exchange expect(ApiKey api) {
        Exchange found = poll(api);
        if (found == null) {
            throw new AssertionError("no " + api + " among " + waiting.stream().map(one -> one.api).toList());
        }
        return found;
    }

    /// The oldest waiting call of this kind, or null.
    Exchange poll(ApiKey api) {
        loop.settle();
        for (Iterator<Exchange> each = waiting.iterator(); each.hasNext();) {
            Exchange one = each.next();
            if (one.api == api) {
                each.remove();
                return one;
            }
        }
        return null;
    }

    @Override
    public FinalizedFeatures features() {
        return FinalizedFeatures.UNKNOWN;
    }

    @Override
    public short agreedVersion(Node node, Call call) {
        return (short) Math.min(call.highest(), highest.getOrDefault(call.api(), Short.MAX_VALUE));
    }

    @Override
    public void close() {
        waiting.clear();
    }
}
