package io.chapar.cli.cluster;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;

/// The folder of a cluster on this machine:
///
/// ```
///   cluster.properties   which process is whose, and where it listens
///   cluster.secret       with which the brokers know each other; its owner alone may read it
///   node-1/              the broker's data
///   node-1.log           what its process says; .old: what the one before said
/// ```
public final class ClusterFolder {
    static final String FILE = "cluster.properties";
    private static final int MOST_BYTES = 1 << 20;
    private static final int SECRET_BYTES = 32;

    private final Path folder;

    public ClusterFolder(Path folder) {
        this.folder = folder.toAbsolutePath().normalize();
    }

    public Path path() {
        return folder;
    }

    Path data(LocalNode node) {
        return folder.resolve(node.name());
    }

    Path log(LocalNode node) {
        return folder.resolve(node.name() + ".log");
    }

    Path secret() {
        return folder.resolve("cluster.secret");
    }

    /// Null where there is no cluster.
    public @Nullable ClusterFile readOrNull() {
        Path file = folder.resolve(FILE);
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new ClusterFailure(file + " is too large to be what 'chapar cluster start' writes");
            }
            return ClusterFile.read(Files.readString(file));
        } catch (NoSuchFileException none) {
            return null;
        } catch (IOException e) {
            throw new ClusterFailure("Cannot read " + file + " (" + e.getMessage() + ")", e);
        }
    }

    public ClusterFile read() {
        ClusterFile file = readOrNull();
        if (file == null) {
            throw new ClusterFailure("There is no cluster in " + folder
                    + ". Start one with 'chapar cluster start', or name its folder with --data");
        }
        return file;
    }

    void write(ClusterFile file) {
        Path written = folder.resolve(FILE + ".new");
        try {
            Files.writeString(written, file.text());
            Files.move(written, folder.resolve(FILE), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new ClusterFailure("Cannot write " + folder.resolve(FILE) + " (" + e.getMessage() + ")", e);
        }
    }

    /// Holds other starts back until it is closed.
    FileChannel lock() {
        try {
            Files.createDirectories(folder);
            FileChannel channel = FileChannel.open(folder.resolve("cluster.lock"), StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
            if (!isLocked(channel)) {
                channel.close();
                throw new ClusterFailure("Another 'chapar cluster start' is at work in " + folder);
            }
            return channel;
        } catch (IOException e) {
            throw new ClusterFailure("The folder " + folder + " cannot be used (" + e + ")", e);
        }
    }

    private static boolean isLocked(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    /// Made once, by whoever has the lock; whole where it is there, and readable by nobody else from the first moment
    /// on.
    void makeSecret() {
        byte[] secret = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(secret);
        try {
            Path file = secret();
            FileAttribute<?>[] ownersAlone = file.getFileSystem().supportedFileAttributeViews().contains("posix")
                    ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(
                            PosixFilePermissions.fromString("rw-------"))}
                    : new FileAttribute<?>[0];
            if (Files.exists(file)) {
                return; // The cluster has been started before, with this one.
            }
            Path unnamed = file.resolveSibling(file.getFileName() + ".tmp");
            Files.deleteIfExists(unnamed);
            Set<OpenOption> asNew = Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            try (FileChannel channel = FileChannel.open(unnamed, asNew, ownersAlone)) {
                channel.write(StandardCharsets.US_ASCII.encode(HexFormat.of().formatHex(secret) + "\n"));
                channel.force(true);
            }
            Files.move(unnamed, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new ClusterFailure("Cannot write " + secret() + " (" + e.getMessage() + ")", e);
        }
    }
}
