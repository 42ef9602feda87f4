package io.chapar.cli;

import io.chapar.client.AbortableException;
import io.chapar.client.FatalException;
import io.chapar.client.producer.RecordMetadata;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Which line is blamed.
final class SentLinesTest {
    private final SentLines lines = new SentLines(10, _ -> { });
    private final List<CompletableFuture<RecordMetadata>> sent = new ArrayList<>();
    private final FatalException tooLarge = new FatalException(
            ErrorCode.MESSAGE_TOO_LARGE, "A record of 9 bytes is larger than max.request.size (5)");

    private void send(int count) {
        for (int i = 0; i < count; i++) {
            CompletableFuture<RecordMetadata> future = new CompletableFuture<>();
            sent.add(future);
            lines.add(() -> future);
        }
    }

    private AbortableException consequence() {
        return new AbortableException(
                tooLarge.errorCode(), "The transaction must be aborted: " + tooLarge.getMessage(), tooLarge);
    }

    private String blamed() {
        lines.settle(100);
        assertTrue(lines.hasFailed());
        return lines.failure("Nothing is written").getMessage();
    }

    @Test
    void theLineThatEndedTheTransactionIsNamed() {
        send(4);
        sent.get(0).completeExceptionally(consequence());
        sent.get(1).completeExceptionally(consequence());
        sent.get(2).completeExceptionally(tooLarge);
        assertEquals("Line 13: A record of 9 bytes is larger than max.request.size (5). --set max.request.size=BYTES"
                + " allows more. Nothing is written", blamed());
    }

    /// It is being refused while lines before it have failed for it already.
    @Test
    void theLineThatEndedTheTransactionIsWaitedFor() {
        send(3);
        sent.get(0).completeExceptionally(consequence());
        sent.get(1).whenComplete((_, _) -> sent.get(2).completeExceptionally(tooLarge));
        Thread.startVirtualThread(() -> sent.get(1).completeExceptionally(consequence()));
        assertTrue(blamed().startsWith("Line 13: A record of 9 bytes"));
    }

    @Test
    void noLineIsNamedForWhatNoLineDid() {
        send(2);
        sent.forEach(one -> one.completeExceptionally(consequence()));
        assertTrue(blamed().startsWith("A record of 9 bytes"));
    }

    @Test
    void theFirstOfThoseThatFailedByThemselvesIsNamed() {
        send(3);
        sent.get(0).complete(null);
        sent.get(1).completeExceptionally(tooLarge);
        sent.get(2).completeExceptionally(new FatalException(ErrorCode.INVALID_RECORD, "no"));
        assertTrue(blamed().startsWith("Line 12: A record of 9 bytes"));
    }
}
