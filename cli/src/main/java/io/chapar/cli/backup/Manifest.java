package io.chapar.cli.backup;

import io.chapar.broker.backup.CutFiles;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
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
    private static final String FORM = "chapar-backup ";
    private static final String VERSION = FORM + "1";
    private static final int HEAD_LINES = 5;
    private static final String END = "end ";
    /// Of which the names fit into memory: several for each segment.
    static final int MOST_FILES = 2_000_000;
    private static final int MOST_LINE_CHARS = 5_000;
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

    /// What is said of a backup where its files are not looked at.
    public record Summary(Instant made, String cluster, int node, boolean running, long files, long bytes) {}

    Summary summary() {
        return new Summary(made, cluster, node, running, files.size(), bytes());
    }

    /// Null where the folder has none. Throws [BackupFailure] for one that is not as it was written.
    static @Nullable Manifest read(Path backup) {
        List<Entry> files = new ArrayList<>();
        Summary head = read(backup, file -> {
            if (files.size() == MOST_FILES) {
                throw new BackupFailure("'" + backup + "' has more than " + MOST_FILES + " files.");
            }
            files.add(file);
        });
        return head == null ? null : new Manifest(head.made, head.cluster, head.node, head.running, files);
    }

    /// As [#read], with nothing kept of the files.
    static @Nullable Summary summary(Path backup) {
        return read(backup, _ -> { });
    }

    private static @Nullable Summary read(Path backup, Consumer<Entry> each) {
        Path file = backup.resolve(NAME);
        try (Reader text = Files.newBufferedReader(file)) {
            return parse(text, file, each);
        } catch (NoSuchFileException none) {
            return null;
        } catch (CharacterCodingException | DateTimeException | NumberFormatException | IndexOutOfBoundsException e) {
            throw new BackupFailure("'" + file + "' is damaged.", e);
        } catch (IOException e) {
            throw new BackupFailure("'" + file + "' cannot be read: " + e.getMessage() + ".", e);
        }
    }

    /// Keeps a line at a time.
    private static Summary parse(Reader text, Path file, Consumer<Entry> each) throws IOException {
        CRC32C crc = new CRC32C();
        List<String> head = new ArrayList<>();
        long files = 0;
        long bytes = 0;
        String line = line(text, file);
        if (!line.equals(VERSION) && line.startsWith(FORM)) {
            throw new BackupFailure("'" + file + "' is of a release that makes backups of another form: it begins"
                    + " with '" + line + "'.");
        }
        for (; !line.startsWith(END); line = line(text, file)) {
            crc.update((line + "\n").getBytes(StandardCharsets.UTF_8));
            if (head.size() < HEAD_LINES) {
                head.add(line);
            } else {
                Entry entry = entry(line, file);
                files++;
                bytes += entry.size();
                each.accept(entry);
            }
        }
        if (!line.equals(END + hex((int) crc.getValue())) || text.read() >= 0 || !head.getFirst().equals(VERSION)) {
            throw damaged(file);
        }
        return new Summary(Instant.parse(value(head.get(1), "made")), value(head.get(2), "cluster"),
                Integer.parseInt(value(head.get(3), "node")), Boolean.parseBoolean(value(head.get(4), "running")),
                files, bytes);
    }

    private static String line(Reader text, Path file) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = text.read(); c != '\n'; c = text.read()) {
            if (c < 0 || line.length() == MOST_LINE_CHARS) {
                throw damaged(file);
            }
            line.append((char) c);
        }
        return line.toString();
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
