package io.chapar.client.producer;

import io.chapar.client.Disposition;
import io.chapar.client.metadata.CoordinatorLookup;
import io.chapar.client.metadata.CoordinatorOutcome;
import io.chapar.client.metadata.CoordinatorType;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.Response;
import io.chapar.transport.Backoff;
import io.chapar.transport.Call;
import io.chapar.transport.CallResult;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.Transport;
import org.jspecify.annotations.Nullable;

import java.util.function.Supplier;

/// Calls to a coordinator, repeated through moves, loads and lost answers until the reader is satisfied, the time is
/// over, or the producer stops. On the loop only.
final class CoordinatorCalls {
    private static final long SOON_MS = 20;

    /// What the reader of an answer wants next.
    enum Verdict {
        DONE,
        RETRY,
        /// The previous transaction is still being completed, which takes milliseconds.
        RETRY_SOON,
        REFRESH;

        /// The verdict for an error that no rule of the request itself covers; null when a repetition is of no use.
        static @Nullable Verdict ofRetriable(ErrorCode error) {
            return switch (error) {
                case CONCURRENT_TRANSACTIONS -> RETRY_SOON;
                case REQUEST_TIMED_OUT -> REFRESH;
                default -> switch (Disposition.of(error)) {
                    case RETRY -> RETRY;
                    case REFRESH -> REFRESH;
                    case NONE, ABORTABLE, FENCED, FATAL -> null;
                };
            };
        }
    }

    /// `lostBefore`: an earlier attempt may have taken effect although its answer was not seen.
    interface Reader {
        Verdict read(Response response, short version, boolean lostBefore);

        /// No further attempt is made.
        void gaveUp(ErrorCode error, String detail, boolean lostBefore);
    }

    private final ClientLoop loop;
    private final Transport transport;
    private final CoordinatorLookup lookup;
    private final Backoff backoff;
    private boolean stopped;

    CoordinatorCalls(ClientLoop loop, Transport transport, CoordinatorLookup lookup, Backoff backoff) {
        this.loop = loop;
        this.transport = transport;
        this.lookup = lookup;
        this.backoff = backoff;
    }

    void stop() {
        stopped = true;
    }

    /// `deadlineMs` [Long#MAX_VALUE]: for as long as it takes.
    void send(CoordinatorType type, String key, long deadlineMs, Supplier<Call> call, Reader reader) {
        new Attempt(type, key, deadlineMs, call, reader).run();
    }

    private final class Attempt {
        private final CoordinatorType type;
        private final String key;
        private final long deadlineMs;
        private final Supplier<Call> call;
        private final Reader reader;
        private int failures;
        private boolean lost;

        Attempt(CoordinatorType type, String key, long deadlineMs, Supplier<Call> call, Reader reader) {
            this.type = type;
            this.key = key;
            this.deadlineMs = deadlineMs;
            this.call = call;
            this.reader = reader;
        }

        void run() {
            if (stopped) {
                reader.gaveUp(ErrorCode.NETWORK_EXCEPTION, "the producer was closed", lost);
                return;
            }
            lookup.find(type, key, deadlineMs, found -> {
                switch (found) {
                    case CoordinatorOutcome.Found(var node) -> transport.send(node, call.get(), this::onOutcome);
                    case CoordinatorOutcome.NotFound(ErrorCode error, String detail) ->
                        reader.gaveUp(error, detail, lost);
                }
            });
        }

        private void onOutcome(CallResult outcome) {
            switch (outcome) {
                case CallResult.Answered(Response response, short version) -> {
                    Verdict verdict = reader.read(response, version, lost);
                    if (verdict != Verdict.DONE) {
                        again(verdict, ErrorCode.NETWORK_EXCEPTION, "last answer: " + response);
                    }
                }
                case CallResult.Written written -> throw new IllegalStateException("not sent one-way: " + written);
                case CallResult.NoAnswer none -> {
                    ErrorCode refusal = none.refusal();
                    if (refusal != null) {
                        reader.gaveUp(refusal, none.detail(), lost);
                    } else {
                        lost |= none.mayHaveHappened();
                        again(Verdict.REFRESH, ErrorCode.NETWORK_EXCEPTION, none.detail());
                    }
                }
            }
        }

        private void again(Verdict verdict, ErrorCode error, String detail) {
            if (verdict == Verdict.REFRESH) {
                lookup.forget(type, key);
            }
            failures++;
            long waitMs = verdict == Verdict.RETRY_SOON ? SOON_MS : backoff.delayMs(failures);
            if (stopped || deadlineMs - waitMs < loop.nowMs()) {
                reader.gaveUp(error, detail, lost);
            } else {
                loop.schedule(waitMs, this::run);
            }
        }
    }
}
