package io.chapar.broker;

import io.chapar.broker.config.BrokerStartException;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/// One broker per data folder: a lock on the file `.lock`, which the system drops when the process ends, however it
/// ends.
final class FolderLock {
    private final Path folder;
    private final FileChannel channel;

    private FolderLock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    Path folder() {
        return folder;
    }

    /// Makes the folder if need be.
    static FolderLock take(Path folder) {
        FileChannel channel = null;
        try {
            make(folder);
            channel = FileChannel.open(folder.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel);
            if (lock == null) {
                channel.close();
                throw new BrokerStartException.FolderLocked("Another broker is running on the data folder '"
                        + folder + "'.");
            }
            return new FolderLock(folder, channel);
        } catch (AccessDeniedException e) {
            throw new BrokerStartException.FolderNotUsable("The data folder '" + folder + "' is not writable.", e);
        } catch (FileAlreadyExistsException e) {
            throw new BrokerStartException.FolderNotUsable("The data folder '" + folder + "' is not a folder.", e);
        } catch (IOException e) {
            throw new BrokerStartException.FolderNotUsable(
                    "The data folder '" + folder + "' cannot be used: " + reason(e) + ".", e);
        }
    }

    /// A new folder is its owner's alone, since records are anybody's secrets; one that is there stays as it is.
    private static void make(Path folder) throws IOException {
        Path above = folder.toAbsolutePath().getParent();
        if (above != null) {
            Files.createDirectories(above);
        }
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.createDirectories(folder,
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } else {
            Files.createDirectories(folder);
        }
    }

    /// A file exception's message is little more than the path, which is named already.
    private static String reason(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "no such folder can be made there";
        }
        if (e instanceof FileSystemException file && file.getReason() != null) {
            return file.getReason();
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException heldByThisProcess) {
            return null;
        }
    }

    void release() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
