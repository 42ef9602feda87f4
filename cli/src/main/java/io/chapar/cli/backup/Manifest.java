package io.chapar.cli.backup;

import io.chapar.broker.backup.CutFiles;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/// What a backup holds: the file `backup.manifest` in it, which is written last, so that a folder without it is none.
///
/// ```
/// chapar-backup 1
/// made 2026-11-30T22:15:03Z
/// cluster ID                            as meta.properties has it
/// node 1
/// running true                          whether the broker ran meanwhile
/// file CRC32C SIZE PATH                 one each; the checksum in hexadecimal digits
/// end CRC32C                            of all lines before, each with its line feed
/// ```
///
/// @param files by their paths below a data folder, with `/`
public record Manifest(Instant made, String cluster, int node, boolean running, List<Entry> files) {
    static final String NAME = "backup.manifest";
    private static final String VERSION = "chapar-backup 1";
    private static final String END = "end ";
    /// A file of several millions of files.
    private static final long MOST_BYTES = 1L << 30;
    private static final Pattern ENTRY = Pattern.compile("file ([0-9a-f]{8}) ([0-9]{1,18}) (.+)");

    /// @param crc CRC-32C
    public record Entry(String path, long size, int crc) {}

    public Manifest {
        files = List.copyOf(files);
    }

    public long bytes() {
        return files.stream().mapToLong(Entry::size).sum();
    }

    String text() {
        StringBuilder text = new StringBuilder(VERSION).append('\n')
                .append("made ").append(made).append('\n')
                .append("cluster ").append(cluster).append('\n')
                .append("node ").append(node).append('\n')
                .append("running ").append(running).append('\n');
        files.forEach(file -> text.append("file %08x %d %s".formatted(file.crc, file.size, file.path)).append('\n'));
        String crc = hex(crc(text.toString()));
        return text.append(END).append(crc).append('\n').toString();
    }

    /// Null where the folder has none. Throws [BackupFailure] for one that is not as it was written.
    static @Nullable Manifest read(Path backup) {
        Path file = backup.resolve(NAME);
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw damaged(file);
            }
            return parse(Files.readString(file), file);
        } catch (NoSuchFileException none) {
            return null;
        } catch (IOException e) {
            throw new BackupFailure("'" + file + "' cannot be read: " + e.getMessage() + ".", e);
        }
    }

    private static Manifest parse(String text, Path file) {
        int end = text.lastIndexOf("\n" + END) + 1;
        if (end == 0 || !text.substring(end).equals(END + hex(crc(text.substring(0, end))) + "\n")) {
            throw damaged(file);
        }
        List<String> lines = text.substring(0, end).lines().toList();
        if (!lines.getFirst().equals(VERSION)) {
            throw new BackupFailure("'" + file + "' is of a release that makes backups of another form: it begins"
                    + " with '" + lines.getFirst() + "'.");
        }
        try {
            List<Entry> files = new ArrayList<>();
            for (String line : lines.subList(5, lines.size())) {
                files.add(entry(line, file));
            }
            return new Manifest(Instant.parse(value(lines.get(1), "made")), value(lines.get(2), "cluster"),
                    Integer.parseInt(value(lines.get(3), "node")),
                    Boolean.parseBoolean(value(lines.get(4), "running")), files);
        } catch (DateTimeException | NumberFormatException | IndexOutOfBoundsException e) {
            throw new BackupFailure("'" + file + "' is damaged.", e);
        }
    }

    private static String value(String line, String name) {
        if (!line.startsWith(name + " ")) {
            throw new IndexOutOfBoundsException(name);
        }
        return line.substring(name.length() + 1);
    }

    /// A path of somebody who means ill stays below the folder, too.
    private static Entry entry(String line, Path file) {
        Matcher parts = ENTRY.matcher(line);
        if (!parts.matches() || !CutFiles.isBelow(parts.group(3))) {
            throw damaged(file);
        }
        return new Entry(parts.group(3), Long.parseLong(parts.group(2)), Integer.parseUnsignedInt(parts.group(1), 16));
    }

    private static BackupFailure damaged(Path file) {
        return new BackupFailure("'" + file + "' is damaged.");
    }

    private static int crc(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return (int) crc.getValue();
    }

    static String hex(int crc) {
        return "%08x".formatted(crc);
    }
}
