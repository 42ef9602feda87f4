package io.chapar.client.producer;

import io.chapar.client.ChaparException;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/// The receipt of a record whose caller has a future.
final class SendFuture extends CompletableFuture<RecordMetadata> implements Receipt {
    private final long timestampMs;
    private final int keyBytes;
    private final int valueBytes;

    SendFuture(long timestampMs, @Nullable ByteBuffer key, @Nullable ByteBuffer value) {
        this.timestampMs = timestampMs;
        keyBytes = key == null ? -1 : key.remaining();
        valueBytes = value == null ? -1 : value.remaining();
    }

    @Override
    public void written(TopicPartition partition, long offset, long appendTimeMs) {
        complete(new RecordMetadata(partition, offset, appendTimeMs >= 0 ? appendTimeMs : timestampMs, keyBytes,
                valueBytes));
    }

    @Override
    public void failed(ChaparException cause) {
        completeExceptionally(cause);
    }
}
