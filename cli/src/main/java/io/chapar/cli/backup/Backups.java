package io.chapar.cli.backup;

import io.chapar.broker.BackupSource;
import io.chapar.broker.log.LogCut.Kept;
import io.chapar.broker.log.disk.FileDisk;
import io.chapar.cli.backup.Copying.Copied;
import io.chapar.cli.backup.Manifest.Entry;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;
import java.util.stream.Stream;

import static java.util.Objects.requireNonNull;

/// Backups of data folders: a folder each, with the files of a data folder and a [Manifest].
///
/// What is written, a backup or what is restored from one, is written beside its place, into a folder of its name with
/// `.unfinished` behind it, and gets its name when all of it is on stable storage. So whatever stops it, a full disk,
/// a signal, a loss of power, leaves nothing that looks finished.
public final class Backups {
    static final String UNFINISHED = ".unfinished";
    private static final int NAMED = 5;

    private Backups() {}

    // ---- create

    /// Copies what the source has into a new folder.
    ///
    /// @param bytesPerSecond at the most; 0 for as many as there can be
    public static Manifest create(BackupSource source, Path backup, Instant now, long bytesPerSecond)
            throws InterruptedException {
        Path made = begin(backup, "backup");
        try {
            if (source.files().size() > Manifest.MOST_FILES) {
                throw new IOException("it has more than " + Manifest.MOST_FILES + " files");
            }
            requireRoom(source, made);
            Copying copying = new Copying(bytesPerSecond);
            List<Entry> files = new ArrayList<>();
            for (Kept file : source.files()) {
                files.add(copied(source, file, made, copying));
            }
            Manifest manifest = manifest(made, files, now, source.isLive());
            finish(made, backup, files, manifest);
            return manifest;
        } catch (IOException e) {
            discard(made, e);
            throw new BackupFailure("The backup was not made: " + BackupFailure.reason(e) + ".", e);
        } catch (InterruptedException | RuntimeException e) {
            discard(made, e);
            throw e;
        }
    }

    private static Entry copied(BackupSource source, Kept file, Path made, Copying copying)
            throws IOException, InterruptedException {
        Path from = source.root().resolve(file.path());
        try {
            Copied copied = copying.copy(from, file.size(), made, file.path());
            return new Entry(file.path(), copied.size(), copied.crc());
        } catch (NoSuchFileException e) {
            throw new IOException("the broker ended or started anew meanwhile ('" + from + "' is gone)", e);
        }
    }

    private static void requireRoom(BackupSource source, Path made) throws IOException {
        long bytes = 0;
        for (Kept file : source.files()) {
            bytes += file.size() >= 0 ? file.size() : Files.size(source.root().resolve(file.path()));
        }
        long room = Files.getFileStore(made).getUsableSpace();
        if (bytes > room) {
            throw new IOException("it takes " + bytes + " bytes, and the disk of '" + made.getParent() + "' has "
                    + room + " left");
        }
    }

    private static Manifest manifest(Path made, List<Entry> files, Instant now, boolean running) throws IOException {
        Properties owner = new Properties();
        try (Reader text = Files.newBufferedReader(made.resolve("meta.properties"))) {
            owner.load(text);
            return new Manifest(now, owner.getProperty("cluster.id", "none").strip(),
                    Integer.parseInt(owner.getProperty("node.id", "-1").strip()), running, files);
        } catch (IllegalArgumentException e) {
            throw new IOException("meta.properties is damaged", e);
        }
    }

    private static void finish(Path made, Path place, List<Entry> files, @Nullable Manifest manifest)
            throws IOException {
        requireThere(made, files);
        try (FileDisk disk = new FileDisk(made)) {
            disk.sync(names(made));
            if (manifest != null) {
                Path unnamed = made.resolve(Manifest.NAME + ".tmp");
                Files.writeString(unnamed, manifest.text());
                disk.sync(List.of(Manifest.NAME + ".tmp"));
                Files.move(unnamed, made.resolve(Manifest.NAME), StandardCopyOption.ATOMIC_MOVE);
                disk.sync(List.of(Manifest.NAME));
            }
        }
        Files.move(made, place, StandardCopyOption.ATOMIC_MOVE);
        try (FileDisk above = new FileDisk(requireNonNull(made.getParent(), "it has a name"))) {
            above.sync(List.of(requireNonNull(place.getFileName(), "it has a name").toString()));
        }
    }

    /// What was taken away meanwhile, by whomever, is not to be missed only when it is needed.
    private static void requireThere(Path made, List<Entry> files) throws IOException {
        for (Entry file : files) {
            Path at = made.resolve(file.path());
            if (!Files.isRegularFile(at) || Files.size(at) != file.size()) {
                throw new IOException("'" + at + "' is not there any more as it was written");
            }
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(path -> !path.equals(folder)).map(path -> folder.relativize(path).toString()).toList();
        }
    }

    // ---- list

    /// @param summary null where there is none
    /// @param trouble null for one that is finished
    public record Found(String name, Manifest.@Nullable Summary summary, @Nullable String trouble) {}

    /// Those in the folder, by name. Their files are not looked at.
    public static List<Found> list(Path folder) {
        List<Found> all = new ArrayList<>();
        try (Stream<Path> names = Files.list(folder)) {
            for (Path one : names.filter(Files::isDirectory).sorted().toList()) {
                String name = one.getFileName().toString();
                try {
                    Manifest.Summary summary = Manifest.summary(one);
                    if (name.endsWith(UNFINISHED)) {
                        all.add(new Found(name, null, "unfinished: delete it unless it is being made"));
                    } else {
                        all.add(new Found(name, summary, summary == null ? "no backup: it has no manifest" : null));
                    }
                } catch (BackupFailure e) {
                    all.add(new Found(name, null, "damaged"));
                }
            }
            return all;
        } catch (IOException e) {
            throw new BackupFailure("'" + folder + "' cannot be listed: " + BackupFailure.reason(e) + ".", e);
        }
    }

    // ---- verify

    /// Reads every byte. Throws [BackupFailure] with what is wrong.
    public static Manifest verify(Path backup) throws InterruptedException {
        Manifest manifest = requireFinished(backup);
        List<String> wrong = new ArrayList<>();
        TreeSet<String> known = new TreeSet<>(List.of(Manifest.NAME));
        Copying reading = new Copying(0);
        for (Entry file : manifest.files()) {
            known.add(file.path());
            String fault = fault(backup.resolve(file.path()), file, reading);
            if (fault != null) {
                wrong.add(file.path() + " " + fault);
            }
        }
        try (Stream<Path> all = Files.walk(backup)) {
            all.filter(Files::isRegularFile).map(path -> backup.relativize(path).toString().replace('\\', '/'))
                    .filter(path -> !known.contains(path)).sorted()
                    .forEach(path -> wrong.add(path + " is no part of it"));
        } catch (IOException e) {
            throw new BackupFailure("'" + backup + "' cannot be read: " + BackupFailure.reason(e) + ".", e);
        }
        if (!wrong.isEmpty()) {
            throw new BackupFailure("The backup '" + backup + "' is damaged: "
                    + String.join("; ", wrong.subList(0, Math.min(NAMED, wrong.size())))
                    + (wrong.size() > NAMED ? "; and " + (wrong.size() - NAMED) + " more" : "") + ".");
        }
        return manifest;
    }

    private static @Nullable String fault(Path at, Entry file, Copying reading) throws InterruptedException {
        try {
            if (!Files.exists(at)) {
                return "is missing";
            }
            if (!Files.isRegularFile(at, LinkOption.NOFOLLOW_LINKS)) {
                return "is no plain file";
            }
            if (Files.size(at) != file.size()) {
                return "has " + Files.size(at) + " bytes instead of " + file.size();
            }
            return reading.look(at, file.size()).crc() == file.crc() ? null : "has another checksum";
        } catch (IOException e) {
            return "cannot be read: " + BackupFailure.reason(e);
        }
    }

    private static Manifest requireFinished(Path backup) {
        if (!Files.isDirectory(backup)) {
            throw new BackupFailure("There is no backup '" + backup + "'.");
        }
        boolean named = !backup.toAbsolutePath().normalize().getFileName().toString().endsWith(UNFINISHED);
        Manifest manifest = named ? Manifest.read(backup) : null;
        if (manifest == null) {
            throw new BackupFailure("'" + backup + "' is not a finished backup"
                    + (named ? ": it has no " + Manifest.NAME : "") + ".");
        }
        return manifest;
    }

    // ---- restore

    /// Makes a data folder of it, which must not be there or be empty, once all of the backup has been read and found
    /// as it was made.
    public static Manifest restore(Path backup, Path data, long bytesPerSecond) throws InterruptedException {
        requireFinished(backup);
        Path place = placeOf(data);
        Path made = begin(place, "data folder");
        try {
            Manifest manifest = verify(backup);
            Copying copying = new Copying(bytesPerSecond);
            for (Entry file : manifest.files()) {
                Copied copied = copying.copy(backup.resolve(file.path()), file.size(), made, file.path());
                if (copied.size() != file.size() || copied.crc() != file.crc()) {
                    throw new IOException(file.path() + " has changed since it was verified");
                }
            }
            finish(made, place, manifest.files(), null);
            return manifest;
        } catch (IOException e) {
            discard(made, e);
            throw new BackupFailure("Nothing was restored: " + BackupFailure.reason(e) + ".", e);
        } catch (InterruptedException | RuntimeException e) {
            discard(made, e);
            throw e;
        }
    }

    /// Where a link leads to: what is there is replaced.
    private static Path placeOf(Path data) {
        try {
            Path place = Files.exists(data) ? data.toRealPath() : data;
            requireSameFileSystem(place);
            return place;
        } catch (IOException e) {
            throw new BackupFailure("'" + data + "' cannot be used: " + BackupFailure.reason(e) + ".", e);
        }
    }

    /// What is written beside its place gets its name by one step, which there is within one file system alone.
    static void requireSameFileSystem(Path place) throws IOException {
        Path above = place.toAbsolutePath().getParent();
        if (above != null && Files.isDirectory(place)
                && !Files.getFileStore(place).equals(Files.getFileStore(above))) {
            throw new BackupFailure("'" + place + "' is a file system of its own, whose folder nothing can replace:"
                    + " name a folder in it.");
        }
    }

    // ---- what is being written

    private static Path begin(Path place, String what) {
        Path at = place.toAbsolutePath().normalize();
        Path made = at.resolveSibling(at.getFileName() + UNFINISHED);
        try {
            if (Files.exists(at) && !(Files.isDirectory(at) && isEmpty(at))) {
                throw new BackupFailure("The " + what + " '" + place + "' is there already, and is left as it is.");
            }
            Files.createDirectories(at.getParent());
            if (at.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                // Records are anybody's secrets.
                return Files.createDirectory(made,
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            return Files.createDirectory(made);
        } catch (FileAlreadyExistsException e) {
            throw new BackupFailure("'" + made + "' is there: it is being made at this moment, or was not finished."
                    + " Delete it in the latter case.", e);
        } catch (IOException e) {
            throw new BackupFailure("'" + made + "' cannot be made: " + BackupFailure.reason(e) + ".", e);
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> names = Files.list(folder)) {
            return names.findAny().isEmpty();
        }
    }

    private static void discard(Path made, Exception why) {
        try (Stream<Path> all = Files.walk(made)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            why.addSuppressed(e);
        }
    }
}
