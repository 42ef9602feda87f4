package io.chapar.cli;

import io.chapar.client.AbortableException;
import io.chapar.client.ChaparException;
import io.chapar.client.producer.RecordMetadata;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Supplier;

import static java.util.Objects.requireNonNull;

/// Lines on their way, in order, and what became of each. Lines are counted from 1, over all transactions.
final class SentLines {
    private static final int LINES_NAMED = 5;

    private record Sent(long line, CompletableFuture<RecordMetadata> future) {}

    private final Consumer<RecordMetadata> onWritten;
    private final ArrayDeque<Sent> waiting = new ArrayDeque<>();
    private final List<Long> unwritten = new ArrayList<>();
    private final long before;
    private long read;
    private long written;
    /// Why the first line failed, or another one for which it had to.
    private @Nullable RuntimeException firstFailure;
    /// The line that failed for that reason and for no other line; 0 while it is not known.
    private long firstFailed;

    /// @param before lines of transactions that have ended
    SentLines(long before, Consumer<RecordMetadata> onWritten) {
        this.before = before;
        this.onWritten = onWritten;
    }

    /// The next line.
    void add(Supplier<CompletableFuture<RecordMetadata>> send) {
        read++;
        CompletableFuture<RecordMetadata> future;
        try {
            future = send.get();
        } catch (ChaparException e) {
            future = CompletableFuture.failedFuture(e);
        }
        waiting.add(new Sent(before + read, future));
    }

    /// Looks at what is done; waits for the oldest while more than `unacknowledged` are on their way.
    void settle(int unacknowledged) {
        while (waiting.size() > unacknowledged || (!waiting.isEmpty() && waiting.peek().future().isDone())) {
            settle(waiting.remove());
        }
    }

    void settleAll() {
        while (!waiting.isEmpty()) {
            settle(waiting.remove());
        }
    }

    private void settle(Sent sent) {
        try {
            onWritten.accept(sent.future().join());
            written++;
        } catch (CompletionException e) {
            unwritten.add(sent.line());
            RuntimeException failure = e.getCause() instanceof RuntimeException cause ? cause : e;
            if (firstFailure == null) {
                firstFailure = root(failure);
            }
            if (firstFailed == 0 && failure.equals(firstFailure)) {
                firstFailed = sent.line();
            }
        }
    }

    /// Lines that are on their way when another one ends the transaction fail for it, and may do so before it does.
    private static RuntimeException root(RuntimeException failure) {
        return failure instanceof AbortableException && failure.getCause() instanceof ChaparException cause
                ? cause : failure;
    }

    boolean hasFailed() {
        return firstFailure != null;
    }

    long written() {
        return written;
    }

    /// Which of the lines read are written, as a sentence.
    String account() {
        StringBuilder lines = new StringBuilder();
        for (long line : unwritten.subList(0, Math.min(LINES_NAMED, unwritten.size()))) {
            lines.append(lines.isEmpty() ? "" : ", ").append(line);
        }
        if (unwritten.size() > LINES_NAMED) {
            lines.append(" and ").append(unwritten.size() - LINES_NAMED).append(" more");
        }
        return "Of the " + Words.count(read, "line") + " read, " + written + (written == 1 ? " is" : " are")
                + " written; not written: " + lines;
    }

    /// The first cause, whichever line failed first; waits for the lines behind until it is theirs.
    CommandFailure failure(String consequence) {
        RuntimeException first = requireNonNull(firstFailure, "a line has failed");
        while (firstFailed == 0 && !waiting.isEmpty()) {
            settle(waiting.remove());
        }
        String why = Failures.sentence(first);
        boolean tooLarge = first instanceof ChaparException e && e.errorCode() == ErrorCode.MESSAGE_TOO_LARGE
                && why.contains("max.request.size");
        String hint = tooLarge ? " --set max.request.size=BYTES allows more." : "";
        String line = firstFailed == 0 ? "" : "Line " + firstFailed + ": ";
        return new CommandFailure(line + why + hint + " " + consequence, first);
    }
}
