package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.FencedException;
import io.chapar.client.RetriableException;
import org.jspecify.annotations.Nullable;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/// Ends what a transactional id has left open as the database says, after whatever happened to its holder. In this
/// order: the holder is shut out of the database, so that nothing is decided there any more; what was decided is read;
/// and then the transaction is taken over and ended. A holder that is alive begins anew.
record Settlement(Ledger ledger, Heirs heirs) {
    /// A sink for this id, with nothing open.
    CompletableFuture<RecordSink> open(String transactionalId) {
        return ledger.take(transactionalId).thenCompose(decided -> heirs.open(transactionalId)
                .thenCompose(heir -> end(heir, decided)));
    }

    private static CompletableFuture<RecordSink> end(Heirs.Heir heir, @Nullable String decided) {
        CompletableFuture<Void> ended;
        try {
            ended = heir.decide(decided);
        } catch (ChaparException e) {
            ended = CompletableFuture.failedFuture(e);
        }
        return ended.handle((nothing, failure) -> {
            if (failure == null) {
                return heir.sink();
            }
            heir.sink().drop();
            Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                    ? failure.getCause() : failure;
            // Another is about to end it, or its holder itself is.
            throw cause instanceof FencedException fenced
                    ? new RetriableException(fenced.errorCode(), String.valueOf(fenced.getMessage()), fenced)
                    : cause instanceof RuntimeException known ? known : new IllegalStateException(cause);
        });
    }

    /// Another's, which is not gone on with.
    CompletableFuture<Void> settle(String transactionalId) {
        return open(transactionalId).thenAccept(RecordSink::drop);
    }
}
