package io.chapar.client.consumer;

import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.FetchResponse;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.List;

/// What one answer brought for one partition: whole batches, in `records`. The first may begin before `startOffset`,
/// which is what was asked for. `nextOffset` and `lastEpoch` are those behind the last whole batch. `aborted` is null
/// when uncommitted records are wanted too.
record FetchedData(
        TopicPartition partition,
        long startOffset,
        ByteBuffer records,
        long nextOffset,
        int lastEpoch,
        @Nullable List<FetchResponse.AbortedTransaction> aborted) {
}
