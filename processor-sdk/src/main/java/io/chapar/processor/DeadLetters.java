package io.chapar.processor;

import io.chapar.protocol.record.Header;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// What is written in place of an input record that was given up.
///
/// @param topic where it goes
record DeadLetters(String topic) {
    private static final int MAX_ERROR_TEXT = 1_000;
    private static final String ERROR = ErrorPolicy.HEADER_PREFIX + "error";
    private static final String OMITTED = ErrorPolicy.HEADER_PREFIX + "omitted";

    enum Kind {
        /// What the topology gave.
        OUTPUT,
        WHOLE,
        NOTICE
    }

    /// Told by the last header.
    static Kind kind(SinkRecord output) {
        return switch (output.headers().isEmpty() ? "" : output.headers().getLast().key()) {
            case ERROR -> Kind.WHOLE;
            case OMITTED -> Kind.NOTICE;
            default -> Kind.OUTPUT;
        };
    }

    /// Null for what is no dead letter.
    static @Nullable String error(SinkRecord output) {
        return kind(output) == Kind.OUTPUT ? null : output.headers().reversed().stream()
                .filter(header -> header.key().equals(ERROR) && header.value() != null)
                .map(header -> StandardCharsets.UTF_8.decode(header.value().duplicate()).toString())
                .findFirst().orElse(null);
    }

    /// The record as it was, with headers that say where it came from and why.
    SinkRecord whole(SourceRecord record, String error) {
        List<Header> headers = new ArrayList<>(record.headers());
        describe(headers, record, error);
        return new SinkRecord(topic, record.timestampMs(), record.key(), record.value(), headers);
    }

    /// The headers alone, for a record that the topic does not take: too large with them, too old, without a key. The
    /// key says which one it was; the record itself is where it came from, for as long as that is kept.
    SinkRecord notice(SourceRecord record, String error, String omitted) {
        List<Header> headers = new ArrayList<>();
        describe(headers, record, error);
        headers.add(header(OMITTED, cut(omitted)));
        byte[] place = (record.partition() + "@" + record.offset()).getBytes(StandardCharsets.UTF_8);
        return new SinkRecord(topic, SinkRecord.TIME_OF_SENDING, place, null, headers);
    }

    private static void describe(List<Header> headers, SourceRecord record, String error) {
        headers.add(header(ErrorPolicy.HEADER_PREFIX + "topic", record.partition().topic()));
        headers.add(header(ErrorPolicy.HEADER_PREFIX + "partition", Integer.toString(record.partition().partition())));
        headers.add(header(ErrorPolicy.HEADER_PREFIX + "offset", Long.toString(record.offset())));
        headers.add(header(ERROR, cut(error)));
    }

    static String cut(String text) {
        return text.substring(0, Math.min(text.length(), MAX_ERROR_TEXT));
    }

    private static Header header(String name, String value) {
        return new Header(name, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)));
    }
}
