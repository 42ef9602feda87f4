package io.chapar.broker.metadata;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.metadata.BrokerImage.Standing;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/// The bytes of metadata records: i32 count, then for each record a type byte and its fields. Strings are
/// Java's modified UTF-8 behind a u16 length, ids two i64, maps an i32 count of string pairs,
/// lists of brokers a u16 count of i32.
public final class MetadataCodec {
    private static final int TROUBLED = 1 << 30;
    private static final int REASSIGNED = 1 << 29;
    /// Of one list: far more than a topic may have.
    private static final int MAX_PARTITIONS = 1 << 20;
    private static final int BEGAN = 11;
    private static final int KEPT = 12;
    private static final int REGISTERED = 13;
    private static final int ALONE = 0;
    /// Added to the type of a registration that ends with where brokers link.
    private static final int LINKED = 32;
    /// Added as well where then come the features and their levels: u8 count, each a string and two i16.
    private static final int RANGED = 64;

    private MetadataCodec() {}

    public static byte[] encode(List<MetadataRecord> records) {
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

    /// What [#encode] makes of several lists as one, of what it has made of each.
    public static byte[] joined(List<byte[]> encoded) {
        int records = 0;
        int bytes = Integer.BYTES;
        for (byte[] one : encoded) {
            records += ByteBuffer.wrap(one).getInt();
            bytes += one.length - Integer.BYTES;
        }
        ByteBuffer all = ByteBuffer.allocate(bytes).putInt(records);
        encoded.forEach(one -> all.put(one, Integer.BYTES, one.length - Integer.BYTES));
        return all.array();
    }

    /// Throws [IOException] when the bytes are not what [#encode] makes.
    public static List<MetadataRecord> decode(ByteBuffer payload) throws IOException {
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
            case MetadataRecord.BrokerBegan r -> {
                write(BEGAN, r.registration(), out);
            }
            case MetadataRecord.BrokerKept r -> {
                write(KEPT, r.broker().registration(), out);
                out.writeLong(r.broker().epoch());
                out.writeByte(r.broker().standing().code());
            }
            case MetadataRecord.BrokerRegistered r -> {
                write(REGISTERED, r.registration(), out);
            }
            case MetadataRecord.BrokerStands r -> {
                out.writeByte(14);
                out.writeInt(r.node());
                out.writeByte(r.standing().code());
            }
            case MetadataRecord.PartitionsChanged r -> {
                out.writeByte(15);
                writeId(r.topicId(), out);
                out.writeInt(r.after().size());
                for (int index : r.after().keySet()) {
                    out.writeInt(index);
                }
                writePartitions(List.copyOf(r.after().values()), out);
            }
            case MetadataRecord.BrokerRemoved r -> {
                out.writeByte(16);
                out.writeInt(r.node());
            }
            case MetadataRecord.TopicCreated r -> {
                out.writeByte(4);
                writeId(r.topicId(), out);
                out.writeUTF(r.name());
                writePartitions(r.partitions(), out);
                writeMap(r.config(), out);
            }
            case MetadataRecord.PartitionsAdded r -> {
                out.writeByte(5);
                writeId(r.topicId(), out);
                writePartitions(r.added(), out);
            }
            case MetadataRecord.TopicConfigured r -> {
                out.writeByte(6);
                writeId(r.topicId(), out);
                writeMap(r.config(), out);
            }
            case MetadataRecord.Configured r -> {
                out.writeByte(20);
                SettingsCodec.writeOwner(r.owner(), out);
                writeMap(r.config(), out);
            }
            case MetadataRecord.QuotasSet r -> {
                out.writeByte(21);
                SettingsCodec.writeEntity(r.entity(), out);
                SettingsCodec.writeQuotas(r.quotas(), out);
            }
            case MetadataRecord.TopicDeleted r -> {
                out.writeByte(7);
                writeId(r.topicId(), out);
            }
            case MetadataRecord.ProducerIdsTaken r -> {
                out.writeByte(8);
                out.writeLong(r.next());
            }
            case MetadataRecord.FeatureFinalized r -> {
                out.writeByte(9);
                out.writeUTF(r.name());
                out.writeShort(r.level());
            }
            case MetadataRecord.VersionReached r -> {
                out.writeByte(10);
                out.writeLong(r.version());
            }
        }
    }

    private static MetadataRecord read(DataInputStream in) throws IOException {
        int type = in.readByte();
        return switch (type) {
            case 1 -> new MetadataRecord.ClusterCreated(readId(in));
            case 2 -> new MetadataRecord.BrokerBegan(Registration.alone(in.readInt(), Registration.UNKNOWN));
            case 3 -> new MetadataRecord.BrokerKept(new BrokerImage(
                    Registration.alone(in.readInt(), Registration.UNKNOWN), in.readLong(), Standing.ACTIVE));
            case 4 -> new MetadataRecord.TopicCreated(readId(in), in.readUTF(), readPartitions(in), readMap(in));
            case 5 -> new MetadataRecord.PartitionsAdded(readId(in), readPartitions(in));
            case 6 -> new MetadataRecord.TopicConfigured(readId(in), readMap(in));
            case 7 -> new MetadataRecord.TopicDeleted(readId(in));
            case 8 -> new MetadataRecord.ProducerIdsTaken(in.readLong());
            case 9 -> new MetadataRecord.FeatureFinalized(in.readUTF(), in.readShort());
            case 10 -> new MetadataRecord.VersionReached(in.readLong());
            case BEGAN, BEGAN + LINKED, BEGAN + RANGED, BEGAN + LINKED + RANGED ->
                new MetadataRecord.BrokerBegan(readRegistration(type, in));
            case KEPT, KEPT + LINKED, KEPT + RANGED, KEPT + LINKED + RANGED -> new MetadataRecord.BrokerKept(
                    new BrokerImage(readRegistration(type, in), in.readLong(), readStanding(in)));
            case REGISTERED, REGISTERED + LINKED, REGISTERED + RANGED, REGISTERED + LINKED + RANGED ->
                new MetadataRecord.BrokerRegistered(readRegistration(type, in));
            case 14 -> new MetadataRecord.BrokerStands(in.readInt(), readStanding(in));
            case 15 -> readChanged(in);
            case 16 -> new MetadataRecord.BrokerRemoved(in.readInt());
            case 20 -> new MetadataRecord.Configured(SettingsCodec.readOwner(in), readMap(in));
            case 21 -> new MetadataRecord.QuotasSet(SettingsCodec.readEntity(in), SettingsCodec.readQuotas(in, false));
            default -> throw new IOException("unknown type " + type + " of a metadata record");
        };
    }

    private static MetadataRecord readChanged(DataInputStream in) throws IOException {
        UUID topic = readId(in);
        int count = in.readInt();
        List<Integer> indexes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            indexes.add(in.readInt());
        }
        List<PartitionImage> partitions = readPartitions(in);
        if (partitions.size() != count) {
            throw new IOException(partitions.size() + " partitions for " + count + " numbers");
        }
        SortedMap<Integer, PartitionImage> after = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            after.put(indexes.get(i), partitions.get(i));
        }
        return new MetadataRecord.PartitionsChanged(topic, after);
    }

    /// Behind a byte, [#ALONE], [#LINKED], [#RANGED] or both, that says what it ends with.
    static void write(Registration registration, DataOutputStream out) throws IOException {
        write(ALONE, registration, out);
    }

    private static void write(int type, Registration registration, DataOutputStream out) throws IOException {
        HostPort peers = registration.peers();
        boolean ranged = !registration.features().isEmpty();
        out.writeByte(type + (peers == null ? 0 : LINKED) + (ranged ? RANGED : 0));
        out.writeInt(registration.node());
        writeId(registration.incarnation(), out);
        out.writeBoolean(registration.clients() != null);
        if (registration.clients() != null) {
            write(registration.clients(), out);
        }
        out.writeBoolean(registration.rack() != null);
        if (registration.rack() != null) {
            out.writeUTF(registration.rack());
        }
        if (peers != null) {
            write(peers, out);
        }
        if (ranged) {
            out.writeByte(registration.features().size());
            for (var feature : registration.features().entrySet()) {
                out.writeUTF(feature.getKey());
                out.writeShort(feature.getValue().lowest());
                out.writeShort(feature.getValue().highest());
            }
        }
    }

    private static SortedMap<String, FeatureRange> readFeatures(DataInputStream in) throws IOException {
        SortedMap<String, FeatureRange> features = new TreeMap<>();
        int count = in.readUnsignedByte();
        if (count > FeatureRange.MOST_FEATURES) {
            throw new IOException("a broker cannot have " + count + " features");
        }
        for (int i = 0; i < count; i++) {
            features.put(in.readUTF(), new FeatureRange(in.readShort(), in.readShort()));
        }
        return features;
    }

    static Registration readRegistration(DataInputStream in) throws IOException {
        int type = in.readByte();
        if ((type & ~(LINKED | RANGED)) != ALONE) {
            throw new IOException("unknown type " + type + " of a registration");
        }
        return readRegistration(type, in);
    }

    private static Registration readRegistration(int type, DataInputStream in) throws IOException {
        int node = in.readInt();
        UUID incarnation = readId(in);
        HostPort clients = in.readBoolean() ? readAddress(in) : null;
        String rack = in.readBoolean() ? in.readUTF() : null;
        HostPort peers = (type & LINKED) == 0 ? null : readAddress(in);
        return new Registration(node, incarnation, clients, peers, rack,
                (type & RANGED) == 0 ? new TreeMap<>() : readFeatures(in));
    }

    private static void write(HostPort address, DataOutputStream out) throws IOException {
        out.writeUTF(address.host());
        out.writeShort(address.port());
    }

    private static HostPort readAddress(DataInputStream in) throws IOException {
        return new HostPort(in.readUTF(), in.readUnsignedShort());
    }

    static Standing readStanding(DataInputStream in) throws IOException {
        int code = in.readUnsignedByte();
        for (Standing standing : Standing.values()) {
            if (standing.code() == code) {
                return standing;
            }
        }
        throw new IOException("a broker cannot stand as " + code);
    }

    /// Equal ones that stand side by side are written once, with their number; which has the bit [#TROUBLED] where two
    /// more fields come first, and [#REASSIGNED] where the replicas before and after a reassignment come last.
    static void writePartitions(List<PartitionImage> partitions, DataOutputStream out) throws IOException {
        out.writeInt(partitions.size());
        for (int i = 0; i < partitions.size(); ) {
            PartitionImage one = partitions.get(i);
            int next = i + 1;
            while (next < partitions.size() && partitions.get(next).equals(one)) {
                next++;
            }
            boolean troubled = one.lastLeader() != PartitionImage.NO_LEADER || one.recovering();
            Reassignment reassignment = one.reassignment();
            out.writeInt(next - i | (troubled ? TROUBLED : 0) | (reassignment == null ? 0 : REASSIGNED));
            if (troubled) {
                out.writeInt(one.lastLeader());
                out.writeBoolean(one.recovering());
            }
            out.writeInt(one.leader());
            out.writeInt(one.leaderEpoch());
            out.writeInt(one.partitionEpoch());
            writeBrokers(one.replicas(), out);
            writeBrokers(one.isr(), out);
            writeBrokers(one.elr(), out);
            if (reassignment != null) {
                writeBrokers(reassignment.from(), out);
                writeBrokers(reassignment.to(), out);
            }
            i = next;
        }
    }

    static List<PartitionImage> readPartitions(DataInputStream in) throws IOException {
        int total = in.readInt();
        if (total < 0 || total > MAX_PARTITIONS) {
            throw new IOException("a topic cannot have " + total + " partitions");
        }
        List<PartitionImage> partitions = new ArrayList<>();
        while (partitions.size() < total) {
            int alike = in.readInt();
            boolean troubled = alike > 0 && (alike & TROUBLED) != 0;
            boolean reassigned = alike > 0 && (alike & REASSIGNED) != 0;
            int count = alike > 0 ? alike & ~(TROUBLED | REASSIGNED) : alike;
            int lastLeader = troubled ? in.readInt() : PartitionImage.NO_LEADER;
            boolean recovering = troubled && in.readBoolean();
            PartitionImage one = new PartitionImage(in.readInt(), in.readInt(), in.readInt(), readBrokers(in),
                    readBrokers(in), readBrokers(in), lastLeader, recovering,
                    reassigned ? new Reassignment(readBrokers(in), readBrokers(in)) : null);
            if (count < 1 || count > total - partitions.size()) {
                throw new IOException(count + " partitions alike among " + total);
            }
            partitions.addAll(Collections.nCopies(count, one));
        }
        return partitions;
    }

    private static void writeBrokers(List<Integer> ids, DataOutputStream out) throws IOException {
        out.writeShort(ids.size());
        for (int id : ids) {
            out.writeInt(id);
        }
    }

    private static List<Integer> readBrokers(DataInputStream in) throws IOException {
        List<Integer> ids = new ArrayList<>();
        int count = in.readUnsignedShort();
        for (int i = 0; i < count; i++) {
            ids.add(in.readInt());
        }
        return ids;
    }

    static void writeId(UUID id, DataOutputStream out) throws IOException {
        out.writeLong(id.getMostSignificantBits());
        out.writeLong(id.getLeastSignificantBits());
    }

    static UUID readId(DataInputStream in) throws IOException {
        return new UUID(in.readLong(), in.readLong());
    }

    private static void writeMap(SortedMap<String, String> map, DataOutputStream out) throws IOException {
        out.writeInt(map.size());
        for (var e : map.entrySet()) {
            out.writeUTF(e.getKey());
            out.writeUTF(e.getValue());
        }
    }

    static SortedMap<String, String> readMap(DataInputStream in) throws IOException {
        TreeMap<String, String> map = new TreeMap<>();
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            map.put(in.readUTF(), in.readUTF());
        }
        return map;
    }
}
