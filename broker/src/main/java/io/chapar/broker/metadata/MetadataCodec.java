package io.chapar.broker.metadata;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/// The bytes of metadata records: i32 count, then for each record a type byte and its fields. Strings are
/// Java's modified UTF-8 behind a u16 length, ids two i64, maps an i32 count of string pairs.
final class MetadataCodec {
    private MetadataCodec() {}

    static byte[] encode(List<MetadataRecord> records) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(records.size());
            for (MetadataRecord entry : records) {
                write(entry, out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /// Throws [IOException] when the bytes are not what [#encode] makes.
    static List<MetadataRecord> decode(ByteBuffer payload) throws IOException {
        byte[] bytes = new byte[payload.remaining()];
        payload.get(bytes);
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        int count = in.readInt();
        List<MetadataRecord> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            records.add(read(in));
        }
        if (in.available() != 0) {
            throw new IOException(in.available() + " bytes follow the last metadata record");
        }
        return records;
    }

    private static void write(MetadataRecord entry, DataOutputStream out) throws IOException {
        switch (entry) {
            case MetadataRecord.ClusterCreated r -> {
                out.writeByte(1);
                writeId(r.clusterId(), out);
            }
            case MetadataRecord.BrokerStarted r -> {
                out.writeByte(2);
                out.writeInt(r.nodeId());
            }
            case MetadataRecord.TopicCreated r -> {
                out.writeByte(3);
                writeTopic(r.topicId(), r.name(), r.partitions(), r.config(), out);
            }
            case MetadataRecord.PartitionsAdded r -> {
                out.writeByte(4);
                writeId(r.topicId(), out);
                out.writeInt(r.partitions());
            }
            case MetadataRecord.TopicConfigured r -> {
                out.writeByte(5);
                writeId(r.topicId(), out);
                writeMap(r.config(), out);
            }
            case MetadataRecord.TopicDeleted r -> {
                out.writeByte(6);
                writeId(r.topicId(), out);
            }
            case MetadataRecord.ProducerIdsTaken r -> {
                out.writeByte(7);
                out.writeLong(r.next());
            }
            case MetadataRecord.FeatureFinalized r -> {
                out.writeByte(8);
                out.writeUTF(r.name());
                out.writeShort(r.level());
            }
            case MetadataRecord.Counters r -> {
                out.writeByte(9);
                out.writeLong(r.lives());
                out.writeLong(r.version());
            }
            case MetadataRecord.TopicKept r -> {
                out.writeByte(10);
                writeTopic(r.topicId(), r.name(), r.partitions(), r.config(), out);
                out.writeLong(r.bornInLife());
            }
        }
    }

    private static MetadataRecord read(DataInputStream in) throws IOException {
        int type = in.readByte();
        return switch (type) {
            case 1 -> new MetadataRecord.ClusterCreated(readId(in));
            case 2 -> new MetadataRecord.BrokerStarted(in.readInt());
            case 3 -> new MetadataRecord.TopicCreated(readId(in), in.readUTF(), in.readInt(), readMap(in));
            case 4 -> new MetadataRecord.PartitionsAdded(readId(in), in.readInt());
            case 5 -> new MetadataRecord.TopicConfigured(readId(in), readMap(in));
            case 6 -> new MetadataRecord.TopicDeleted(readId(in));
            case 7 -> new MetadataRecord.ProducerIdsTaken(in.readLong());
            case 8 -> new MetadataRecord.FeatureFinalized(in.readUTF(), in.readShort());
            case 9 -> new MetadataRecord.Counters(in.readLong(), in.readLong());
            case 10 -> new MetadataRecord.TopicKept(
                    readId(in), in.readUTF(), in.readInt(), readMap(in), in.readLong());
            default -> throw new IOException("unknown type " + type + " of a metadata record");
        };
    }

    private static void writeTopic(
            UUID id, String name, int partitions, SortedMap<String, String> config, DataOutputStream out)
            throws IOException {
        writeId(id, out);
        out.writeUTF(name);
        out.writeInt(partitions);
        writeMap(config, out);
    }

    private static void writeId(UUID id, DataOutputStream out) throws IOException {
        out.writeLong(id.getMostSignificantBits());
        out.writeLong(id.getLeastSignificantBits());
    }

    private static UUID readId(DataInputStream in) throws IOException {
        return new UUID(in.readLong(), in.readLong());
    }

    private static void writeMap(SortedMap<String, String> map, DataOutputStream out) throws IOException {
        out.writeInt(map.size());
        for (var e : map.entrySet()) {
            out.writeUTF(e.getKey());
            out.writeUTF(e.getValue());
        }
    }

    private static SortedMap<String, String> readMap(DataInputStream in) throws IOException {
        TreeMap<String, String> map = new TreeMap<>();
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            map.put(in.readUTF(), in.readUTF());
        }
        return map;
    }
}
