package io.chapar.processor;

import io.chapar.protocol.record.Header;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// A topology's functions, run on the runner's loop itself, as often as the [ErrorPolicy] says before a record is given
/// up.
final class PlanWork implements Work {
    private static final int MAX_ERROR_TEXT = 1_000;

    private final Plan plan;
    private final ErrorPolicy onError;
    private volatile boolean interrupting;

    PlanWork(Plan plan, ErrorPolicy onError) {
        this.plan = plan;
        this.onError = onError;
    }

    /// From now on what user code throws is put down to an interrupt. From any thread.
    void interrupting() {
        interrupting = true;
    }

    @Override
    public CompletableFuture<Effect> on(SourceRecord record) {
        return CompletableFuture.completedFuture(effect(record));
    }

    Effect effect(SourceRecord record) {
        int attemptsLeft = switch (onError) {
            case ErrorPolicy.Stop() -> 0;
            case ErrorPolicy.Skip(int retries) -> retries;
            case ErrorPolicy.DeadLetter(String topic, int retries) -> retries;
        };
        while (true) {
            try {
                return new Effect.Outputs(plan.process(record), false);
            } catch (RuntimeException e) {
                if (interrupting) {
                    // Heard; what is left to do shall not be cut off by it as well.
                    Thread.interrupted();
                    return new Effect.Interrupted();
                }
                if (attemptsLeft-- <= 0) {
                    return givenUp(record, e);
                }
            }
        }
    }

    private Effect givenUp(SourceRecord record, RuntimeException cause) {
        return switch (onError) {
            case ErrorPolicy.Stop() -> new Effect.Failed(new ProcessorException("Processing failed at offset "
                    + record.offset() + " of " + record.partition() + ": " + cause, cause));
            case ErrorPolicy.Skip(int retries) -> new Effect.Outputs(List.of(), true);
            case ErrorPolicy.DeadLetter(String topic, int retries) ->
                new Effect.Outputs(List.of(deadLetter(topic, record, cause)), true);
        };
    }

    private static SinkRecord deadLetter(String topic, SourceRecord record, RuntimeException cause) {
        List<Header> headers = new ArrayList<>(record.headers());
        headers.add(header("topic", record.partition().topic()));
        headers.add(header("partition", Integer.toString(record.partition().partition())));
        headers.add(header("offset", Long.toString(record.offset())));
        String error = cause.toString();
        headers.add(header("error", error.substring(0, Math.min(error.length(), MAX_ERROR_TEXT))));
        return new SinkRecord(topic, record.timestampMs(), record.key(), record.value(), headers);
    }

    private static Header header(String name, String value) {
        return new Header(ErrorPolicy.HEADER_PREFIX + name, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)));
    }
}
