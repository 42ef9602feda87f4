package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;

/// What can be told of an output before it is sent: whether any cluster would take it.
///
/// @param maxBytes what a record may take alone in its batch
record OutputLimits(long maxBytes) {
    /// The producer's `max.request.size` when nobody sets it.
    static final OutputLimits DEFAULT = new OutputLimits(1024 * 1024);
    private static final int MAX_TOPIC_LENGTH = 249;
    /// By character.
    private static final boolean[] OF_NAMES = new boolean[128];

    static {
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-".chars().forEach(c -> OF_NAMES[c] = true);
    }

    /// Null when nothing speaks against it.
    @Nullable ChaparException refusal(SinkRecord record) {
        String topic = record.topic();
        if (topic.length() > MAX_TOPIC_LENGTH || topic.equals(".") || topic.equals("..")
                || !isOfItsCharacters(topic)) {
            return new FatalException(ErrorCode.INVALID_TOPIC_EXCEPTION, "'" + topic + "' is not the name of a topic");
        }
        int size = RecordBatch.HEADER_BYTES
                + RecordBatchBuilder.maxSizeOf(buffer(record.key()), buffer(record.value()), record.headers());
        return size <= maxBytes ? null : new FatalException(ErrorCode.MESSAGE_TOO_LARGE, "A record of " + size
                + " bytes is more than the producer may send (" + maxBytes
                + " by max.request.size and buffer.memory)");
    }

    /// `[a-zA-Z0-9._-]+`. A loop, since every record is looked at.
    private static boolean isOfItsCharacters(String topic) {
        for (int i = 0; i < topic.length(); i++) {
            char c = topic.charAt(i);
            if (c >= OF_NAMES.length || !OF_NAMES[c]) {
                return false;
            }
        }
        return !topic.isEmpty();
    }

    private static @Nullable ByteBuffer buffer(byte @Nullable [] array) {
        return array == null ? null : ByteBuffer.wrap(array);
    }
}
