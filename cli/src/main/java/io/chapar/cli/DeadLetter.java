package io.chapar.cli;

import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.processor.ErrorPolicy;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.record.Header;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;

/// A record that an application of the processor SDK has given up, as it stands in its dead letter topic.
///
/// @param record as read, with all its headers
/// @param origin where it was an input
/// @param offset the same
/// @param omitted why only a notice of it is there, which has nothing to put back; null when it is whole
record DeadLetter(ConsumerRecord<byte[], byte[]> record, TopicPartition origin, long offset, String error,
        @Nullable String omitted) {
    private static final String TOPIC = ErrorPolicy.HEADER_PREFIX + "topic";

    /// Null for what is no dead letter.
    static @Nullable DeadLetter of(ConsumerRecord<byte[], byte[]> record) {
        String topic = text(record, TOPIC);
        Long partition = number(text(record, ErrorPolicy.HEADER_PREFIX + "partition"), Integer.MAX_VALUE);
        Long offset = number(text(record, ErrorPolicy.HEADER_PREFIX + "offset"), Long.MAX_VALUE);
        if (topic == null || topic.isEmpty() || partition == null || offset == null) {
            return null;
        }
        String error = text(record, ErrorPolicy.HEADER_PREFIX + "error");
        return new DeadLetter(record, new TopicPartition(topic, partition.intValue()), offset,
                error == null ? "" : error, text(record, ErrorPolicy.HEADER_PREFIX + "omitted"));
    }

    /// Of several of one name the last one counts: it was put behind those that the record had.
    static @Nullable String text(ConsumerRecord<byte[], byte[]> record, String header) {
        return record.headers().reversed().stream()
                .filter(one -> one.key().equals(header) && one.value() != null)
                .map(one -> Utf8.textOrNull(bytes(one))).findFirst().orElse(null);
    }

    private static byte[] bytes(Header header) {
        byte[] bytes = new byte[header.value() == null ? 0 : header.value().remaining()];
        if (header.value() != null) {
            header.value().duplicate().get(bytes);
        }
        return bytes;
    }

    private static @Nullable Long number(@Nullable String text, long most) {
        if (text == null || !text.matches("[0-9]{1,18}")) {
            return null;
        }
        long number = Long.parseLong(text);
        return number > most ? null : (Long) number;
    }

    /// Of the record as it was.
    List<Header> headers() {
        return record.headers().stream().filter(header -> !header.key().startsWith(ErrorPolicy.HEADER_PREFIX)).toList();
    }

    /// Of key, value and headers.
    long sizeInBytes() {
        long bytes = length(record.key()) + length(record.value());
        for (Header header : record.headers()) {
            bytes += header.key().length() + (header.value() == null ? 0 : header.value().remaining());
        }
        return bytes;
    }

    private static long length(byte @Nullable [] bytes) {
        return bytes == null ? 0 : bytes.length;
    }

    /// How it is named on a command line.
    String place() {
        return record.partition() + "@" + record.offset();
    }

    String from() {
        return PartitionName.of(origin) + "@" + offset;
    }

    Map<String, Object> object(boolean replayed) {
        Map<String, Object> object = RecordJson.object(record);
        object.put("origin", from());
        object.put("error", error);
        object.put("replayed", replayed);
        return object;
    }
}
