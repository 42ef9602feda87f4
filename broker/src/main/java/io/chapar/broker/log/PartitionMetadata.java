package io.chapar.broker.log;

import io.chapar.broker.log.disk.Disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.UUID;

/// The topic's id beside the log, in Kafka's `partition.metadata`: a folder left behind by an older topic of the same
/// name is known by it.
public final class PartitionMetadata {
    private PartitionMetadata() {}

    static void write(Disk disk, String folder, UUID topicId) throws IOException {
        ByteBuffer id = ByteBuffer.allocate(16);
        id.putLong(topicId.getMostSignificantBits()).putLong(topicId.getLeastSignificantBits());
        String text = "version: 0\ntopic_id: " + Base64.getUrlEncoder().withoutPadding().encodeToString(id.array())
                + "\n";
        disk.replace(folder + "/" + PartitionFiles.METADATA, StandardCharsets.UTF_8.encode(text));
    }

    /// Null when there is no such file, or none that can be read.
    public static UUID read(Disk disk, String folder) throws IOException {
        ByteBuffer content = disk.read(folder + "/" + PartitionFiles.METADATA);
        if (content == null) {
            return null;
        }
        for (String line : StandardCharsets.UTF_8.decode(content).toString().lines().toList()) {
            if (line.startsWith("topic_id: ")) {
                try {
                    ByteBuffer id = ByteBuffer.wrap(Base64.getUrlDecoder().decode(line.substring(10).strip()));
                    return id.remaining() == 16 ? new UUID(id.getLong(), id.getLong()) : null;
                } catch (IllegalArgumentException e) {
                    return null;
                }
            }
        }
        return null;
    }
}
