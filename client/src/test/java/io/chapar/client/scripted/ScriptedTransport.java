package io.chapar.client.scripted;

import io.chapar.protocol.WireReader;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.chapar.transport.Call;
import io.chapar.transport.CallResult;
import io.chapar.transport.FinalizedFeatures;
import io.chapar.transport.Node;
import io.chapar.transport.Transport;
import io.chapar.transport.VirtualLoop;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;

/// A [Transport] to a [FakeBroker] that does to the n-th request of an API what the test says. Answers take one virtual
/// millisecond. Requests of one node and lane are handled in the order sent.
public final class ScriptedTransport implements Transport {
    /// What happens to one request.
    public sealed interface Fault {
        /// The broker never sees it; the client may think it did.
        record LoseRequest() implements Fault {
        }

        /// The broker acts on it; the client gets no answer.
        record LoseAnswer() implements Fault {
        }

        /// The client is told at once that there will be no answer; the broker acts on it after `ms`.
        record ComeLate(long ms) implements Fault {
        }

        record NotSent() implements Fault {
        }

        record Delay(long ms) implements Fault {
        }

        /// `then`, after `ms`.
        record Later(long ms, Fault then) implements Fault {
        }

        /// The broker does not act; the client gets this.
        record AnswerInstead(Function<Request, Response> answer) implements Fault {
        }

        /// The broker acts; the client gets this.
        record AnswerAfter(Function<Request, Response> answer) implements Fault {
        }
    }

    public record Sent(Node node, ApiKey api, short version, Request request) {
    }

    private final VirtualLoop loop;
    private final FakeBroker broker;
    private final Map<ApiKey, Map<Integer, Fault>> faults = new EnumMap<>(ApiKey.class);
    private final Map<ApiKey, Integer> counts = new EnumMap<>(ApiKey.class);
    private final Map<String, Long> busyUntilMs = new TreeMap<>();
    public final List<Sent> sent = new ArrayList<>();
    public Function<ApiKey, Fault> always = api -> null;

    public ScriptedTransport(VirtualLoop loop, FakeBroker broker) {
        this.loop = loop;
        this.broker = broker;
    }

    /// `number` counts the requests of this API from 1 on.
    public ScriptedTransport on(ApiKey api, int number, Fault fault) {
        faults.computeIfAbsent(api, key -> new TreeMap<>()).put(number, fault);
        return this;
    }

    public int count(ApiKey api) {
        return counts.getOrDefault(api, 0);
    }

    /// From now on the next request of this API is number 1 again.
    public void recount() {
        counts.clear();
        faults.clear();
        sent.clear();
    }

    @Override
    public void send(Node node, Call call, Consumer<CallResult> done) {
        short version = broker.agree(call);
        if (version < 0) {
            loop.execute(() -> done.accept(new CallResult.NoAnswer(CallResult.Reason.UNSUPPORTED_VERSION, "scripted")));
            return;
        }
        Request request = call.builder().at(version);
        int number = counts.merge(call.api(), 1, Integer::sum);
        sent.add(new Sent(node, call.api(), version, request));
        Fault fault = faults.getOrDefault(call.api(), Map.of()).get(number);
        if (fault == null) {
            fault = always.apply(call.api());
        }
        Node target = node.isBootstrap() ? FakeBroker.ONE : node;
        long wait = switch (fault) {
            case Fault.Delay(long ms) -> ms;
            case Fault.Later(long ms, Fault then) -> ms;
            case null, default -> 1;
        };
        String lane = target.id() + "/" + call.traffic();
        long atMs = Math.max(busyUntilMs.getOrDefault(lane, 0L), loop.nowMs() + wait);
        busyUntilMs.put(lane, atMs);
        Fault chosen = fault;
        loop.schedule(atMs - loop.nowMs(), () -> done.accept(outcome(target, call, request, version, chosen)));
    }

    private CallResult outcome(Node node, Call call, Request request, short version, Fault fault) {
        return switch (fault) {
            case null -> answer(node, call, request, version);
            case Fault.Later later -> outcome(node, call, request, version, later.then());
            case Fault.Delay delay -> answer(node, call, request, version);
            case Fault.LoseRequest lost -> new CallResult.NoAnswer(CallResult.Reason.LOST, "scripted: request lost");
            case Fault.ComeLate(long ms) -> {
                Request asSent = copy(call, request, version);
                loop.schedule(ms, () -> {
                    var _ = broker.handle(node, asSent, version);
                });
                yield new CallResult.NoAnswer(CallResult.Reason.LOST, "scripted: request late");
            }
            case Fault.NotSent notSent -> new CallResult.NoAnswer(CallResult.Reason.NOT_SENT, "scripted: not sent");
            case Fault.LoseAnswer lost -> {
                broker.handle(node, request, version);
                yield new CallResult.NoAnswer(CallResult.Reason.LOST, "scripted: answer lost");
            }
            case Fault.AnswerInstead(Function<Request, Response> answer) ->
                new CallResult.Answered(answer.apply(request), version);
            case Fault.AnswerAfter(Function<Request, Response> answer) -> {
                broker.handle(node, request, version);
                yield new CallResult.Answered(answer.apply(request), version);
            }
        };
    }

    /// What is on its way does not change with what its sender does to its buffers.
    private static Request copy(Call call, Request request, short version) {
        WireWriter out = new WireWriter();
        request.write(out, version);
        return call.api().readRequest(new WireReader(out.toBuffer()), version);
    }

    private CallResult answer(Node node, Call call, Request request, short version) {
        Response response = broker.handle(node, request, version);
        return call.oneWay() ? new CallResult.Written(version) : new CallResult.Answered(response, version);
    }

    @Override
    public FinalizedFeatures features() {
        return new FinalizedFeatures(1, (short) (broker.transactionsV2 ? 2 : 0));
    }

    @Override
    public short agreedVersion(Node node, Call call) {
        return broker.agree(call);
    }

    @Override
    public void close() {
    }
}
