package io.chapar.transport;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.StringTooLongException;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.ApiVersionsResponse;
import io.chapar.protocol.message.Response;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.function.Consumer;

/// One connection to one node in one lane: connects when a call comes, agrees on versions, keeps calls in order, gives
/// up what takes too long. On the loop only; drives a [Line].
///
/// ```
/// Idle -> Connecting -> Negotiating -> Ready
///  ^          |              |           |
///  |          +--------------+-----------+  broken: everything open fails
///  +-- Resting (backoff, only while connections fail one after the other)
/// ```
/// A broker answers in order; an answer that does not belong to the oldest call breaks the connection, and so does a
/// call whose time is over, since what comes behind it cannot be told apart any more.
final class ConnectionCore implements LineEvents {
    private static final String SOFTWARE_NAME = "chapar";
    private static final String SOFTWARE_VERSION = "0.1.0";

    private sealed interface Phase {
        record Idle() implements Phase {
        }

        record Resting(long untilMs) implements Phase {
        }

        record Connecting(long deadlineMs) implements Phase {
        }

        record Negotiating(short version, long deadlineMs) implements Phase {
        }

        record Ready(ApiRanges ranges) implements Phase {
        }
    }

    private static final class Pending {
        final Call call;
        final Consumer<CallResult> done;
        final long deadlineMs;
        int correlationId;
        short version;

        Pending(Call call, Consumer<CallResult> done, long deadlineMs) {
            this.call = call;
            this.done = done;
            this.deadlineMs = deadlineMs;
        }
    }

    private final String name;
    private final ConnectionSettings settings;
    private final ClientLoop loop;
    private final Line line;
    private final Backoff reconnect;
    private final Consumer<FinalizedFeatures> features;
    private final ArrayDeque<Pending> queued = new ArrayDeque<>();
    private final ArrayDeque<Pending> inFlight = new ArrayDeque<>();
    private Phase phase = new Phase.Idle();
    private @Nullable ApiRanges lastRanges;
    private int nextCorrelationId;
    private int failures;
    private long lastUsedMs;
    private ClientLoop.@Nullable Timer timer;
    private long timerAtMs = Long.MAX_VALUE;
    private boolean closed;

    /// `name` says in messages where this connection leads.
    ConnectionCore(String name, ConnectionSettings settings, ClientLoop loop, Line line, Backoff reconnect,
            Consumer<FinalizedFeatures> features) {
        this.name = name;
        this.settings = settings;
        this.loop = loop;
        this.line = line;
        this.reconnect = reconnect;
        this.features = features;
        lastUsedMs = loop.nowMs();
    }

    /// `done` runs later on the loop, exactly once.
    void submit(Call call, Consumer<CallResult> done) {
        long nowMs = loop.nowMs();
        lastUsedMs = nowMs;
        Pending pending = new Pending(call, done, nowMs + call.timeoutMs());
        if (closed) {
            end(pending, CallResult.Reason.NOT_SENT, "the client is closed");
            return;
        }
        if (queued.size() + inFlight.size() >= settings.maxQueuedCalls()) {
            end(pending, CallResult.Reason.NOT_SENT, settings.maxQueuedCalls() + " calls wait for "
                    + name + " already");
            return;
        }
        queued.addLast(pending);
        switch (phase) {
            case Phase.Idle() -> connect(nowMs);
            case Phase.Ready(ApiRanges ranges) -> writeQueued(ranges);
            case Phase.Resting(long untilMs) -> { }
            case Phase.Connecting(long deadlineMs) -> { }
            case Phase.Negotiating(short version, long deadlineMs) -> { }
        }
        arm(nowMs);
    }

    /// The highest version of the call's API that the node served when last connected, or -1.
    short agreedVersion(Call call) {
        return lastRanges == null ? ApiRanges.NONE : lastRanges.agreed(call);
    }

    boolean isUnused() {
        return phase instanceof Phase.Idle && queued.isEmpty();
    }

    @Override
    public void onConnected() {
        if (phase instanceof Phase.Connecting) {
            negotiate(ApiKey.API_VERSIONS.latestStable());
            arm(loop.nowMs());
        }
    }

    @Override
    public void onDisconnected(String why) {
        broken(CallResult.Reason.LOST, "connection to " + name + ": " + why);
    }

    @Override
    public void onFrame(ByteBuffer frame) {
        try {
            switch (phase) {
                case Phase.Negotiating(short version, long deadlineMs) -> onVersions(frame, version);
                case Phase.Ready(ApiRanges ranges) -> onAnswer(frame);
                case Phase.Idle() -> { }
                case Phase.Resting(long untilMs) -> { }
                case Phase.Connecting(long deadlineMs) -> { }
            }
        } catch (MalformedMessageException e) {
            broken(CallResult.Reason.MALFORMED, name + " sent what is no answer: " + e.getMessage());
        }
        arm(loop.nowMs());
    }

    void close() {
        if (!closed) {
            closed = true;
            broken(CallResult.Reason.LOST, "the client is closed");
            if (timer != null) {
                timer.cancel();
                timer = null;
            }
        }
    }

    private void connect(long nowMs) {
        phase = new Phase.Connecting(nowMs + settings.connectTimeoutMs());
        line.connect();
    }

    private void negotiate(short version) {
        phase = new Phase.Negotiating(version, loop.nowMs() + settings.versionsTimeoutMs());
        ApiVersionsRequest request = ApiVersionsRequest.builder()
                .clientSoftwareName(SOFTWARE_NAME)
                .clientSoftwareVersion(SOFTWARE_VERSION)
                .build();
        line.write(Frames.request(ApiKey.API_VERSIONS, version, nextCorrelationId++, settings.clientId(), request));
    }

    private void onVersions(ByteBuffer frame, short version) {
        Frames.Answer answer = Frames.answer(frame, ApiKey.API_VERSIONS, version);
        ApiVersionsResponse response = (ApiVersionsResponse) answer.response();
        ErrorCode error = ErrorCode.of(response.errorCode());
        if (error == ErrorCode.UNSUPPORTED_VERSION && version > 0) {
            negotiate(versionFor(response, version));
            return;
        }
        if (error != ErrorCode.NONE) {
            broken(CallResult.Reason.NOT_SENT, name + " refuses to name its versions: " + error);
            return;
        }
        failures = 0;
        ApiRanges ranges = ApiRanges.of(response);
        lastRanges = ranges;
        phase = new Phase.Ready(ranges);
        features.accept(finalized(response));
        writeQueued(ranges);
    }

    /// The node does not know our version of ApiVersions; it names its own range in the answer, or nothing.
    private static short versionFor(ApiVersionsResponse response, short tried) {
        for (ApiVersionsResponse.ApiVersion api : response.apiKeys()) {
            if (api.apiKey() == ApiKey.API_VERSIONS.id()) {
                return (short) Math.max(0, Math.min(tried - 1, api.maxVersion()));
            }
        }
        return 0;
    }

    private static FinalizedFeatures finalized(ApiVersionsResponse response) {
        short transactionVersion = 0;
        for (ApiVersionsResponse.FinalizedFeatureKey feature : response.finalizedFeatures()) {
            if (feature.name().equals("transaction.version")) {
                transactionVersion = feature.maxVersionLevel();
            }
        }
        return new FinalizedFeatures(response.finalizedFeaturesEpoch(), transactionVersion);
    }

    private void writeQueued(ApiRanges ranges) {
        while (!queued.isEmpty()) {
            Pending pending = queued.removeFirst();
            pending.version = ranges.agreed(pending.call);
            if (pending.version == ApiRanges.NONE) {
                end(pending, CallResult.Reason.UNSUPPORTED_VERSION, pending.call.api() + " is needed in versions "
                        + pending.call.lowest() + " to " + pending.call.highest() + ", and " + name + " serves it "
                        + ranges.served(pending.call.api()));
                continue;
            }
            pending.correlationId = nextCorrelationId++;
            ByteBuffer frame;
            try {
                frame = Frames.request(pending.call.api(), pending.version, pending.correlationId, settings.clientId(),
                        pending.call.builder().at(pending.version));
            } catch (StringTooLongException e) {
                end(pending, CallResult.Reason.TOO_LONG, pending.call.api() + " cannot be sent: " + e.getMessage());
                continue;
            }
            line.write(frame);
            if (pending.call.oneWay()) {
                loop.execute(() -> pending.done.accept(new CallResult.Written(pending.version)));
            } else {
                inFlight.addLast(pending);
            }
        }
    }

    private void onAnswer(ByteBuffer frame) {
        Pending oldest = inFlight.peekFirst();
        if (oldest == null || Frames.correlationId(frame) != oldest.correlationId) {
            throw new MalformedMessageException("an answer to no open request");
        }
        Response response = Frames.answer(frame, oldest.call.api(), oldest.version).response();
        inFlight.removeFirst();
        lastUsedMs = loop.nowMs();
        oldest.done.accept(new CallResult.Answered(response, oldest.version));
    }

    /// The connection is of no more use. What was written ends with `reason`, what was not as not sent.
    private void broken(CallResult.Reason reason, String why) {
        if (phase instanceof Phase.Idle || phase instanceof Phase.Resting) {
            failQueued(why);
            return;
        }
        boolean everReady = phase instanceof Phase.Ready;
        failures = everReady ? 0 : failures + 1;
        line.drop();
        long nowMs = loop.nowMs();
        phase = closed || everReady ? new Phase.Idle()
                : new Phase.Resting(nowMs + reconnect.delayMs(failures));
        while (!inFlight.isEmpty()) {
            end(inFlight.removeFirst(), reason, why);
        }
        failQueued(why);
        arm(nowMs);
    }

    private void failQueued(String why) {
        while (!queued.isEmpty()) {
            end(queued.removeFirst(), CallResult.Reason.NOT_SENT, why);
        }
    }

    private void end(Pending pending, CallResult.Reason reason, String detail) {
        loop.execute(() -> pending.done.accept(new CallResult.NoAnswer(reason, detail)));
    }

    private void onTime() {
        timer = null;
        timerAtMs = Long.MAX_VALUE;
        long nowMs = loop.nowMs();
        switch (phase) {
            case Phase.Resting(long untilMs) when untilMs <= nowMs -> {
                phase = new Phase.Idle();
                if (!queued.isEmpty()) {
                    connect(nowMs);
                }
            }
            case Phase.Connecting(long deadlineMs) when deadlineMs <= nowMs ->
                broken(CallResult.Reason.NOT_SENT, "no connection to " + name + " within " + settings.connectTimeoutMs()
                        + " ms");
            case Phase.Negotiating(short version, long deadlineMs) when deadlineMs <= nowMs ->
                broken(CallResult.Reason.NOT_SENT, name + " did not name its versions within "
                        + settings.versionsTimeoutMs() + " ms");
            case Phase.Ready(ApiRanges ranges) when inFlight.isEmpty() && queued.isEmpty()
                    && lastUsedMs + settings.maxIdleMs() <= nowMs -> {
                line.drop();
                phase = new Phase.Idle();
            }
            case Phase any -> endOverdue(nowMs);
        }
        arm(nowMs);
    }

    private void endOverdue(long nowMs) {
        for (Pending pending : inFlight) {
            if (pending.deadlineMs <= nowMs) {
                broken(CallResult.Reason.TIMED_OUT, name + " did not answer " + pending.call.api() + " within "
                        + pending.call.timeoutMs() + " ms");
                return;
            }
        }
        queued.removeIf(pending -> {
            if (pending.deadlineMs > nowMs) {
                return false;
            }
            end(pending, CallResult.Reason.NOT_SENT, "no connection to " + name + " within "
                    + pending.call.timeoutMs() + " ms");
            return true;
        });
    }

    private void arm(long nowMs) {
        if (closed) {
            return;
        }
        long nextMs = switch (phase) {
            case Phase.Idle() -> Long.MAX_VALUE;
            case Phase.Resting(long untilMs) -> queued.isEmpty() ? Long.MAX_VALUE : untilMs;
            case Phase.Connecting(long deadlineMs) -> deadlineMs;
            case Phase.Negotiating(short version, long deadlineMs) -> deadlineMs;
            case Phase.Ready(ApiRanges ranges) -> inFlight.isEmpty() && queued.isEmpty()
                    ? lastUsedMs + settings.maxIdleMs() : Long.MAX_VALUE;
        };
        for (Pending pending : inFlight) {
            nextMs = Math.min(nextMs, pending.deadlineMs);
        }
        for (Pending pending : queued) {
            nextMs = Math.min(nextMs, pending.deadlineMs);
        }
        // A timer that comes too early only arms again: cheaper than moving it with each call.
        if (nextMs == Long.MAX_VALUE || (timer != null && timerAtMs <= nextMs)) {
            return;
        }
        if (timer != null) {
            timer.cancel();
        }
        timerAtMs = nextMs;
        timer = loop.schedule(Math.max(1, nextMs - nowMs), this::onTime);
    }
}
