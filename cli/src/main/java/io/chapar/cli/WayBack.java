package io.chapar.cli;

import io.chapar.protocol.TopicPartition;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/// The file of `--save`: where partitions were before anything moved. What it says of a partition never changes: a
/// command that is given again finds the partitions already on their way. At no moment is there less in the file than
/// before.
final class WayBack {
    private final Path file;

    WayBack(Path file) {
        this.file = file;
    }

    /// Adds the partitions that it does not know. How many it knew otherwise.
    int add(Map<TopicPartition, List<Integer>> now) {
        try {
            NavigableMap<TopicPartition, List<Integer>> all = known();
            int kept = 0;
            for (Map.Entry<TopicPartition, List<Integer>> one : now.entrySet()) {
                List<Integer> was = all.putIfAbsent(one.getKey(), one.getValue());
                kept += was != null && !was.equals(one.getValue()) ? 1 : 0;
            }
            write(ReassignmentJson.text(all) + "\n");
            return kept;
        } catch (IOException e) {
            throw new CommandFailure("Cannot write " + file + ": " + e, e);
        }
    }

    private NavigableMap<TopicPartition, List<Integer>> known() throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) == 0) {
            return new TreeMap<>();
        }
        try {
            return new TreeMap<>(ReassignmentJson.read(Files.readString(file)));
        } catch (CommandFailure | IOException e) {
            throw new CommandFailure("--save leaves " + file + " as it is, which is there and is no plan: name another"
                    + " file", e);
        }
    }

    private void write(String text) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            Files.writeString(file, text); // a terminal, a pipe
            return;
        }
        Path place = Files.exists(file) ? file.toRealPath() : file;
        Path unnamed = place.resolveSibling(place.getFileName() + ".tmp");
        try {
            try (FileChannel channel = FileChannel.open(unnamed, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING)) {
                ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Files.move(unnamed, place, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(unnamed);
        }
    }
}
