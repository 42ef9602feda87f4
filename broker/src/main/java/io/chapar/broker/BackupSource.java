package io.chapar.broker;

import io.chapar.broker.backup.CutFiles;
import io.chapar.broker.config.BrokerStartException;
import io.chapar.broker.log.LogCut.Kept;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// The files of a broker's data folder as they were at one moment, for whoever copies them. Of a broker that does not
/// run these are the files themselves, and no broker starts on them meanwhile; one that runs gives them second names
/// for as long as this is open. Everything here blocks.
public final class BackupSource implements AutoCloseable {
    private static final long LOOK_EVERY_MS = 20;
    /// What of a folder is no data.
    private static final List<String> LEFT_OUT = List.of(".lock", "reserve");

    private final Path root;
    private final List<Kept> files;
    private final boolean isLive;
    private final boolean isOfCluster;
    private final Runnable close;

    private BackupSource(Path root, List<Kept> files, boolean isLive, boolean isOfCluster, Runnable close) {
        this.root = root;
        this.files = files;
        this.isLive = isLive;
        this.isOfCluster = isOfCluster;
        this.close = close;
    }

    /// Where the files are.
    public Path root() {
        return root;
    }

    /// By their paths below the root, which are those below a data folder.
    public List<Kept> files() {
        return List.copyOf(files);
    }

    /// Whether a broker runs on the folder.
    public boolean isLive() {
        return isLive;
    }

    /// Whether the broker has others, whose folders it needs.
    public boolean isOfCluster() {
        return isOfCluster;
    }

    /// Throws [BrokerStartException] with the reason where there is nothing that could be copied.
    ///
    /// @param patienceMs how long a running broker may take to answer
    public static BackupSource open(Path at, long patienceMs) {
        Path folder = at;
        try {
            if (!Files.exists(folder.resolve("meta.properties"))) {
                throw unusable(folder, "is not the data folder of a broker: it has no meta.properties", null);
            }
            folder = at.toRealPath();
            FolderLock lock = lockIfFree(folder);
            boolean isOfCluster = FolderIdentity.isOfCluster(folder);
            if (lock != null) {
                return stopped(folder, lock, isOfCluster);
            }
            if (isOfCluster) {
                throw unusable(folder, "belongs to a running broker of a cluster, whose brokers have no moment in"
                        + " common. Stop all of them, make a backup of each folder, and start them again", null);
            }
            return new Question(folder).answer(patienceMs);
        } catch (AccessDeniedException e) {
            throw unusable(folder, "cannot be read and written by this user; a backup is made by the broker's own", e);
        } catch (IOException e) {
            throw unusable(folder, "cannot be used: " + e.getMessage(), e);
        }
    }

    private static BrokerStartException unusable(Path folder, String why, @Nullable Exception cause) {
        return new BrokerStartException.FolderNotUsable("The folder '" + folder + "' " + why + ".", cause);
    }

    private static @Nullable FolderLock lockIfFree(Path folder) {
        try {
            return FolderLock.take(folder);
        } catch (BrokerStartException.FolderLocked running) {
            return null;
        }
    }

    private static BackupSource stopped(Path folder, FolderLock lock, boolean isOfCluster) throws IOException {
        List<Kept> files = new ArrayList<>();
        // A partition may lie on another disk, behind a link.
        try (Stream<Path> all = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
                Path path = folder.relativize(file);
                String first = path.getName(0).toString();
                if (!LEFT_OUT.contains(first) && !CutFiles.isOfBackup(first)) {
                    files.add(new Kept(path.toString().replace('\\', '/'), Kept.WHOLE));
                }
            }
        } catch (UncheckedIOException e) {
            lock.release();
            throw e.getCause();
        } catch (IOException | RuntimeException e) {
            lock.release();
            throw e;
        }
        return new BackupSource(folder, files, false, isOfCluster, lock::release);
    }

    @Override
    public void close() {
        close.run();
    }

    /// What a running broker is asked.
    private static final class Question {
        private final Path folder;
        private final String id;
        private final Path wanted;

        Question(Path folder) {
            byte[] random = new byte[16];
            new SecureRandom().nextBytes(random);
            this.id = HexFormat.of().formatHex(random);
            this.folder = folder;
            this.wanted = folder.resolve(CutFiles.WANTED);
        }

        /// The file gets its name when it is locked: one of that name which nobody has locked is nobody's.
        BackupSource answer(long patienceMs) throws IOException {
            Path unnamed = folder.resolve(CutFiles.WANTED + "." + id);
            FileChannel channel = FileChannel.open(unnamed, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            boolean asked = false;
            try {
                if (channel.tryLock() == null) {
                    throw new IOException("the file system has no locks");
                }
                letTheBrokerRead(unnamed);
                // Not through another channel: the end of any ends this process's locks on the file.
                channel.write(ByteBuffer.wrap(id.getBytes(StandardCharsets.US_ASCII)));
                takeAwayNobodys();
                Files.createLink(wanted, unnamed);
                asked = true;
                return source(waitFor(patienceMs), channel);
            } catch (FileAlreadyExistsException e) {
                throw unusable(folder, "is the source of another backup at this moment", e);
            } catch (IOException | RuntimeException e) {
                if (asked) {
                    end(channel);
                } else {
                    channel.close();
                }
                throw e;
            } finally {
                Files.deleteIfExists(unnamed);
            }
        }

        /// Which may be another user's than who asks, whatever that one's files are by default.
        private static void letTheBrokerRead(Path file) throws IOException {
            if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
            }
        }

        private void takeAwayNobodys() throws IOException {
            try (FileChannel other = FileChannel.open(wanted, StandardOpenOption.WRITE)) {
                FileLock lock = other.tryLock();
                if (lock != null) {
                    Files.deleteIfExists(wanted);
                }
            } catch (NoSuchFileException nobodyAsks) {
                // As it should be.
            } catch (OverlappingFileLockException ofThisProcess) {
                // Somebody does: the link says so.
            }
        }

        private Path waitFor(long patienceMs) throws IOException {
            Path cut = folder.resolve(CutFiles.cut(id));
            Path refused = folder.resolve(CutFiles.refused(id));
            long untilNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(patienceMs);
            while (!Files.exists(cut)) {
                if (Files.exists(refused)) {
                    throw unusable(folder, "is not copied: " + Files.readString(refused).strip(), null);
                }
                if (System.nanoTime() > untilNs) {
                    throw unusable(folder, "has a broker that does not answer: it has just ended, or is of a release"
                            + " that makes no backups while it runs", null);
                }
                try {
                    Thread.sleep(LOOK_EVERY_MS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IOException("interrupted", e);
                }
            }
            return cut;
        }

        private BackupSource source(Path cut, FileChannel channel) throws IOException {
            try {
                return new BackupSource(cut, CutFiles.files(Files.readString(cut.resolve(CutFiles.LIST))), true, false,
                        () -> end(channel));
            } catch (IllegalArgumentException e) {
                throw new IOException(e.getMessage(), e);
            }
        }

        /// The broker takes away what it gave names to.
        private void end(FileChannel channel) {
            try (channel) {
                Files.deleteIfExists(wanted);
            } catch (IOException e) {
                // A question without a lock is nobody's, and the broker takes it away.
                throw new UncheckedIOException(e);
            }
        }
    }
}
