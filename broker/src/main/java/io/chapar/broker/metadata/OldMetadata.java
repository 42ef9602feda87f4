package io.chapar.broker.metadata;

import io.chapar.broker.metadata.BrokerImage.Standing;
import org.jspecify.annotations.Nullable;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/// Reads what logs of `CHAPARM2` hold. They are of a single broker, and instead of epochs they count its lives: the
/// epoch of a partition is the number of lives since its topic was created.
final class OldMetadata {
    private final int nodeId;
    private @Nullable UUID clusterId;
    private long version;
    private long lives;
    private long nextProducerId;
    private final Map<UUID, Topic> topics = new LinkedHashMap<>();
    private final SortedMap<String, Short> features = new TreeMap<>();
    private final Set<UUID> deleted = new LinkedHashSet<>();

    private record Topic(UUID id, String name, int partitions, SortedMap<String, String> config, long bornInLife) {}

    /// @param nodeId whose log it is, which it does not always say
    OldMetadata(int nodeId) {
        this.nodeId = nodeId;
    }

    void apply(ByteBuffer payload) throws IOException {
        byte[] bytes = new byte[payload.remaining()];
        payload.get(bytes);
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            version++;
            apply(in);
        }
    }

    private void apply(DataInputStream in) throws IOException {
        int type = in.readByte();
        switch (type) {
            case 1 -> clusterId = MetadataCodec.readId(in);
            case 2 -> {
                in.readInt();
                lives++;
            }
            case 3 -> put(new Topic(MetadataCodec.readId(in), in.readUTF(), in.readInt(), MetadataCodec.readMap(in),
                    lives));
            case 4 -> {
                Topic was = existing(MetadataCodec.readId(in));
                put(new Topic(was.id, was.name, in.readInt(), was.config, was.bornInLife));
            }
            case 5 -> {
                Topic was = existing(MetadataCodec.readId(in));
                put(new Topic(was.id, was.name, was.partitions, MetadataCodec.readMap(in), was.bornInLife));
            }
            case 6 -> {
                UUID id = existing(MetadataCodec.readId(in)).id;
                topics.remove(id);
                deleted.add(id);
            }
            case 7 -> nextProducerId = in.readLong();
            case 8 -> features.put(in.readUTF(), in.readShort());
            case 9 -> {
                lives = in.readLong();
                version = in.readLong();
            }
            case 10 -> put(new Topic(MetadataCodec.readId(in), in.readUTF(), in.readInt(), MetadataCodec.readMap(in),
                    in.readLong()));
            default -> throw new IOException("unknown type " + type + " of a metadata record");
        }
    }

    private void put(Topic topic) {
        topics.put(topic.id, topic);
    }

    private Topic existing(UUID id) throws IOException {
        Topic topic = topics.get(id);
        if (topic == null) {
            throw new IOException("a metadata record names topic " + id + ", which does not exist");
        }
        return topic;
    }

    Set<UUID> deleted() {
        return deleted;
    }

    ClusterImage image() {
        List<MetadataRecord> records = new ArrayList<>();
        if (clusterId != null) {
            records.add(new MetadataRecord.ClusterCreated(clusterId));
        }
        if (lives > 0) {
            records.add(new MetadataRecord.BrokerKept(new BrokerImage(
                    Registration.alone(nodeId, Registration.UNKNOWN), 0, Standing.ACTIVE)));
        }
        List<Integer> here = List.of(nodeId);
        topics.values().forEach(topic -> {
            int epoch = Math.toIntExact(lives - topic.bornInLife);
            PartitionImage partition = new PartitionImage(nodeId, epoch, epoch, here, here, List.of());
            records.add(new MetadataRecord.TopicCreated(topic.id, topic.name,
                    Collections.nCopies(topic.partitions, partition), topic.config));
        });
        records.add(new MetadataRecord.ProducerIdsTaken(nextProducerId));
        features.forEach((name, level) -> records.add(new MetadataRecord.FeatureFinalized(name, level)));
        records.add(new MetadataRecord.VersionReached(version));
        return ClusterImage.EMPTY.apply(records);
    }
}
