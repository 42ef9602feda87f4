package io.chapar.broker.log;

import io.chapar.protocol.MalformedMessageException;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Kafka's checkpoint files: a line with the version, 0, a line with the number of entries, and one line per entry.
final class CheckpointText {
    private CheckpointText() {}

    static ByteBuffer write(List<String> lines) {
        StringBuilder text = new StringBuilder("0\n").append(lines.size()).append('\n');
        for (String line : lines) {
            text.append(line).append('\n');
        }
        return StandardCharsets.UTF_8.encode(text.toString());
    }

    /// The entries' words; none for a missing file.
    static List<String[]> read(@Nullable ByteBuffer content, int words) {
        List<String[]> entries = new ArrayList<>();
        if (content == null) {
            return entries;
        }
        String text = StandardCharsets.UTF_8.decode(content.duplicate()).toString();
        List<String> lines = text.lines().toList();
        if (!text.endsWith("\n") || lines.size() < 2 || !"0".equals(lines.getFirst())
                || number(lines.get(1)) != lines.size() - 2) {
            throw new MalformedMessageException("not a checkpoint file");
        }
        for (String line : lines.subList(2, lines.size())) {
            String[] entry = line.split(" ", -1);
            if (entry.length != words) {
                throw new MalformedMessageException("not a checkpoint entry: " + line);
            }
            entries.add(entry);
        }
        return entries;
    }

    static long number(String word) {
        try {
            return Long.parseLong(word);
        } catch (NumberFormatException e) {
            throw new MalformedMessageException("not a number: " + word, e);
        }
    }
}
