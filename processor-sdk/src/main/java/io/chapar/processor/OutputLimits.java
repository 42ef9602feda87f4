package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatchBuilder;
import org.jspecify.annotations.Nullable;

import java.util.HashSet;
import java.util.Set;

/// What can be told of an output before it is sent: whether any cluster would take it. Owned by one thread.
final class OutputLimits {
    /// The producer's `max.request.size` when nobody sets it.
    static final long DEFAULT_BYTES = 1024 * 1024;
    private static final int MAX_TOPIC_LENGTH = 249;
    /// A function may give each record a topic of its own.
    private static final int MAX_NAMES = 100;
    /// By character.
    private static final boolean[] OF_NAMES = new boolean[128];

    static {
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-".chars().forEach(c -> OF_NAMES[c] = true);
    }

    private final long maxBytes;
    /// Some that were found to be names, since every record is looked at. Looked up, never iterated.
    private final Set<String> names = new HashSet<>();

    /// @param maxBytes what a record may take alone in its batch
    OutputLimits(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /// Null when nothing speaks against it.
    @Nullable ChaparException refusal(SinkRecord record) {
        String topic = record.topic();
        if (!isName(topic)) {
            return new FatalException(ErrorCode.INVALID_TOPIC_EXCEPTION, "'" + topic + "' is not the name of a topic");
        }
        int size = RecordBatch.HEADER_BYTES
                + RecordBatchBuilder.maxSizeOf(lengthOf(record.key()), lengthOf(record.value()), record.headers());
        return size <= maxBytes ? null : new FatalException(ErrorCode.MESSAGE_TOO_LARGE, "A record of " + size
                + " bytes is more than the producer may send (" + maxBytes
                + " by max.request.size and buffer.memory)");
    }

    private static int lengthOf(byte @Nullable [] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    private boolean isName(String topic) {
        if (names.contains(topic)) {
            return true;
        }
        boolean is = topic.length() <= MAX_TOPIC_LENGTH && !topic.equals(".") && !topic.equals("..")
                && isOfItsCharacters(topic);
        if (is && names.size() < MAX_NAMES) {
            names.add(topic);
        }
        return is;
    }

    /// `[a-zA-Z0-9._-]+`.
    private static boolean isOfItsCharacters(String topic) {
        for (int i = 0; i < topic.length(); i++) {
            char c = topic.charAt(i);
            if (c >= OF_NAMES.length || !OF_NAMES[c]) {
                return false;
            }
        }
        return !topic.isEmpty();
    }
}
