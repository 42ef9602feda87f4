package io.chapar.cli;

import io.chapar.client.producer.ProducerRecord;
import io.chapar.protocol.record.Header;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What a line of input means: a value, a key and a value, or a record in JSON as `consume -o json` prints it.
final class LineRecords {
    /// How a line is read.
    enum Form { VALUE, KEYED, JSON }

    private final String topic;
    private final Form form;
    private final boolean tombstones;
    private final boolean keepReturns;
    private final List<Header> headers;
    private final Partitions partitions;

    /// Where a record goes.
    interface Partitions {
        /// Null leaves it to the producer.
        @Nullable Integer of(byte @Nullable [] key);
    }

    /// @param tombstones whether what is empty is null
    /// @param keepReturns whether a carriage return at the end of a line belongs to the value
    /// @param headers of every record
    LineRecords(String topic, Form form, boolean tombstones, boolean keepReturns, List<Header> headers,
            Partitions partitions) {
        this.topic = topic;
        this.form = form;
        this.tombstones = tombstones;
        this.keepReturns = keepReturns;
        this.headers = List.copyOf(headers);
        this.partitions = partitions;
    }

    /// Throws [IllegalArgumentException] with what is wrong with the line.
    ProducerRecord<byte[], byte[]> of(byte[] line) {
        boolean returns = !keepReturns && line.length > 0 && line[line.length - 1] == '\r';
        byte[] bytes = returns ? Arrays.copyOf(line, line.length - 1) : line;
        if (form == Form.JSON) {
            return json(bytes);
        }
        byte[] key = null;
        byte[] value = bytes;
        if (form == Form.KEYED) {
            int tab = 0;
            while (tab < bytes.length && bytes[tab] != '\t') {
                tab++;
            }
            if (tab < bytes.length) {
                key = nullable(Arrays.copyOf(bytes, tab));
                value = Arrays.copyOfRange(bytes, tab + 1, bytes.length);
            }
        }
        return new ProducerRecord<>(topic, partitions.of(key), null, key, nullable(value), headers);
    }

    private byte @Nullable [] nullable(byte[] bytes) {
        return tombstones && bytes.length == 0 ? null : bytes;
    }

    private ProducerRecord<byte[], byte[]> json(byte[] line) {
        ProducerRecord<byte[], byte[]> read = RecordJson.read(line, topic);
        List<Header> all = new ArrayList<>(headers);
        all.addAll(read.headers());
        Integer partition = partitions.of(read.key());
        return new ProducerRecord<>(topic, partition != null ? partition : read.partition(), read.timestampMs(),
                read.key(), read.value(), all);
    }
}
