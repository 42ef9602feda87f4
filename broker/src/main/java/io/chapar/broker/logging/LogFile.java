package io.chapar.broker.logging;

import org.jspecify.annotations.Nullable;

import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// A file that lines are added to. One that is full becomes `FILE.1`, the one of before `FILE.2`, and so on, and the
/// last is deleted. A file that somebody moves or deletes is begun anew within a second. What cannot be written is
/// counted, and tried again after a pause that doubles from 1 s to 30 s; so is what another process logs to.
///
/// For one thread at a time.
final class LogFile {
    private static final long LOOK_MS = 1_000;
    private static final long FIRST_PAUSE_MS = 1_000;
    private static final long LONGEST_PAUSE_MS = 30_000;
    private static final String TAKEN = "another broker writes to it, and each needs a file of its own";

    private final Path path;
    private final long mostBytes;
    private final int mostFiles;
    private final LongSupplier nowMs;
    private final Consumer<String> trouble;

    /// Null while it is not open.
    private @Nullable OutputStream out;
    /// What the open file is to the system; null where that has no such thing.
    private @Nullable Object identity;
    private long bytes;
    private long lookAtMs;

    /// Null while lines can be written.
    private @Nullable String failure;
    private long tryAgainMs;
    private long pauseMs;
    private long missed;
    /// With more bytes the next file is begun.
    private long fullBytes;

    /// @param mostBytes of one file, unless a single line has more
    /// @param mostFiles with the one that is written to
    /// @param trouble told once when it begins and once when it ends, in a sentence
    LogFile(Path path, long mostBytes, int mostFiles, LongSupplier nowMs, Consumer<String> trouble) {
        this.path = path;
        this.mostBytes = mostBytes;
        this.mostFiles = mostFiles;
        this.nowMs = nowMs;
        this.trouble = trouble;
        this.fullBytes = mostBytes;
    }

    /// Whether the line is in the file.
    boolean add(byte[] line) {
        long now = nowMs.getAsLong();
        if (failure != null && now < tryAgainMs) {
            missed++;
            return false;
        }
        try {
            lookWhetherItIsThere(now);
            if (out == null) {
                open();
            }
            if (bytes > 0 && bytes + line.length > fullBytes) {
                next();
            }
            write(line);
        } catch (IOException e) {
            failed(now, e);
            missed++;
            return false;
        }
        if (failure != null) {
            trouble.accept("The log is written to " + path + " again; " + missed + " lines did not get there.");
            failure = null;
            pauseMs = 0;
            missed = 0;
        }
        return true;
    }

    private void write(byte[] line) throws IOException {
        OutputStream to = out == null ? open() : out;
        to.write(line);
        bytes += line.length;
    }

    private OutputStream open() throws IOException {
        Path folder = path.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            Files.createDirectories(folder);
        }
        FileOutputStream opened = new FileOutputStream(path.toFile(), true);
        try {
            BasicFileAttributes seen = Files.readAttributes(path, BasicFileAttributes.class);
            identity = seen.fileKey();
            bytes = seen.size();
            boolean torn = bytes > 0 && isTorn();
            if (seen.isRegularFile()) {
                // Last: the end of any other channel to the file ends this process's locks on it.
                requireOurs(opened.getChannel());
            }
            if (torn) {
                opened.write('\n');
                bytes++;
            }
        } catch (IOException e) {
            opened.close();
            throw e;
        }
        out = opened;
        return opened;
    }

    /// Two that put the same file aside would lose lines of each other. The lock ends with the stream or the process.
    private static void requireOurs(FileChannel opened) throws IOException {
        @Nullable FileLock lock;
        try {
            lock = opened.tryLock();
        } catch (OverlappingFileLockException ofThisProcess) {
            throw new IOException(TAKEN, ofThisProcess);
        } catch (IOException noLocks) {
            return; // then who starts brokers has to see to it
        }
        if (lock == null) {
            throw new IOException(TAKEN);
        }
    }

    /// Whether the last line was not written to its end.
    private boolean isTorn() throws IOException {
        try (SeekableByteChannel end = Files.newByteChannel(path)) {
            ByteBuffer last = ByteBuffer.allocate(1);
            return end.position(bytes - 1).read(last) == 1 && last.get(0) != '\n';
        }
    }

    private void lookWhetherItIsThere(long now) throws IOException {
        if (out == null || (now >= lookAtMs && now - lookAtMs < LOOK_MS)) {
            return;
        }
        lookAtMs = now;
        try {
            BasicFileAttributes seen = Files.readAttributes(path, BasicFileAttributes.class);
            if (Objects.equals(seen.fileKey(), identity)) {
                bytes = seen.size(); // somebody may have emptied it
                return;
            }
        } catch (NoSuchFileException gone) {
            // is begun anew
        }
        close();
    }

    /// Where a file cannot be moved the lines go on in it: better a long file than none. What is no plain file, as a
    /// device or a link, stays where it is.
    private void next() throws IOException {
        if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            fullBytes = Long.MAX_VALUE;
            return;
        }
        close();
        try {
            if (mostFiles == 1) {
                Files.deleteIfExists(path);
            }
            for (int i = mostFiles - 1; i >= 1; i--) {
                Path from = i == 1 ? path : numbered(i - 1);
                if (Files.exists(from)) {
                    Files.move(from, numbered(i), StandardCopyOption.REPLACE_EXISTING);
                }
            }
            fullBytes = mostBytes;
        } catch (IOException e) {
            if (fullBytes == mostBytes) {
                trouble.accept("The log file " + path + " is full and cannot be put aside: " + reason(e)
                        + ". It grows on.");
            }
            fullBytes = bytes + mostBytes;
        }
    }

    private Path numbered(int number) {
        return path.resolveSibling(path.getFileName() + "." + number);
    }

    private void failed(long now, IOException e) {
        boolean isNew = failure == null;
        failure = reason(e);
        pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs == 0 ? FIRST_PAUSE_MS : 2 * pauseMs);
        tryAgainMs = now + pauseMs;
        try {
            close();
        } catch (IOException alsoFailed) {
            out = null; // what matters is said
        }
        if (isNew) {
            trouble.accept("The log cannot be written to " + path + ": " + failure + ". It is tried again.");
        }
    }

    private static String reason(IOException e) {
        return e instanceof NoSuchFileException || e.getMessage() == null
                ? e.getClass().getSimpleName() + " " + e.getMessage() : e.getMessage();
    }

    void close() throws IOException {
        OutputStream open = out;
        out = null;
        if (open != null) {
            open.close();
        }
    }
}
