package io.chapar.broker.log;

import io.chapar.broker.log.disk.Disk;
import io.chapar.protocol.record.Crc32c;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.UUID;

/// The topic's id beside the log, in Kafka's `partition.metadata`: a folder left behind by an older topic of the same
/// name is known by it.
/// ```
/// version: 0
/// topic_id: 16 bytes in URL-safe base 64
/// crc32c: of the lines before, eight hexadecimal digits
/// ```
/// Kafka reads the first two lines alone. The third keeps a file that a power cut tore from naming a topic that never
/// was: the folder of another topic is deleted.
public final class PartitionMetadata {
    private PartitionMetadata() {}

    static void write(Disk disk, String folder, UUID topicId) throws IOException {
        ByteBuffer id = ByteBuffer.allocate(16);
        id.putLong(topicId.getMostSignificantBits()).putLong(topicId.getLeastSignificantBits());
        String text = "version: 0\ntopic_id: " + Base64.getUrlEncoder().withoutPadding().encodeToString(id.array())
                + "\n";
        disk.replace(folder + "/" + PartitionFiles.METADATA,
                StandardCharsets.UTF_8.encode(text + "crc32c: " + checksum(text) + "\n"));
    }

    /// Whether a loss of power has torn it. It is synced with the first batch of its folder: then nothing else in there
    /// has ever been, either.
    static boolean isTorn(Disk disk, String folder) throws IOException {
        ByteBuffer content = disk.read(folder + "/" + PartitionFiles.METADATA);
        if (content == null || read(disk, folder) != null) {
            return false;
        }
        List<String> lines = StandardCharsets.UTF_8.decode(content).toString().lines().toList();
        boolean isKafkas = lines.size() == 2 && lines.get(0).equals("version: 0")
                && lines.get(1).matches("topic_id: [-_A-Za-z0-9]{22}");
        return !isKafkas;
    }

    private static String checksum(String text) {
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
        return String.format("%08x", Crc32c.of(bytes, 0, bytes.limit()));
    }

    /// The topic that the folder is known to belong to. Null when there is no such file, or none that can be relied on:
    /// torn, or Kafka's own.
    public static @Nullable UUID read(Disk disk, String folder) throws IOException {
        ByteBuffer content = disk.read(folder + "/" + PartitionFiles.METADATA);
        if (content == null) {
            return null;
        }
        List<String> lines = StandardCharsets.UTF_8.decode(content).toString().lines().toList();
        if (lines.size() != 3 || !lines.get(1).startsWith("topic_id: ")
                || !lines.get(2).equals("crc32c: " + checksum(lines.get(0) + "\n" + lines.get(1) + "\n"))) {
            return null;
        }
        ByteBuffer id = ByteBuffer.wrap(Base64.getUrlDecoder().decode(lines.get(1).substring(10)));
        return id.remaining() == 16 ? new UUID(id.getLong(), id.getLong()) : null;
    }
}
