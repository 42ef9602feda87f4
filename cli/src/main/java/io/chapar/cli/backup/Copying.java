package io.chapar.cli.backup;

import org.jspecify.annotations.Nullable;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;

import static java.util.Objects.requireNonNull;

/// Copies files one after the other and says what each held, no faster than it is told.
final class Copying {
    /// As long as the file is when it is read.
    static final long WHOLE = -1;
    private static final int PIECE_BYTES = 1 << 20;

    private final ByteBuffer piece = ByteBuffer.allocateDirect(PIECE_BYTES);
    private final long bytesPerSecond;
    private final long begunNs = System.nanoTime();
    private long copied;

    /// @param bytesPerSecond 0 for as many as there can be
    Copying(long bytesPerSecond) {
        this.bytesPerSecond = bytesPerSecond;
    }

    record Copied(long size, int crc) {}

    /// @param size how many of its first bytes, or [#WHOLE]
    /// @param root where the copy goes, which has to be there
    /// @param path of the copy below, which must not exist; the folders of it are made
    Copied copy(Path from, long size, Path root, String path) throws IOException, InterruptedException {
        Path to = root.resolve(path);
        try (FileChannel in = FileChannel.open(from)) {
            try (FileChannel out = begun(root, to)) {
                return pass(in, size, out, to);
            }
        }
    }

    private static FileChannel begun(Path root, Path to) throws IOException {
        try {
            makeFolder(root, requireNonNull(to.getParent(), "it is below the root"));
            return FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw unwritten(to, e);
        }
    }

    /// Never the root itself: where that is gone, with its disk for one, nothing goes to the folder that lies beneath.
    private static void makeFolder(Path root, Path folder) throws IOException {
        if (!folder.equals(root) && !Files.isDirectory(folder)) {
            makeFolder(root, requireNonNull(folder.getParent(), "it is below the root"));
            Files.createDirectory(folder);
        }
    }

    private static IOException unwritten(Path to, IOException why) {
        return new IOException("'" + to + "' cannot be written: " + BackupFailure.reason(why), why);
    }

    /// What so many first bytes of the file are, copied nowhere.
    Copied look(Path file, long size) throws IOException, InterruptedException {
        try (FileChannel in = FileChannel.open(file)) {
            return pass(in, size, null, file);
        }
    }

    private Copied pass(FileChannel in, long size, @Nullable FileChannel out, Path to)
            throws IOException, InterruptedException {
        CRC32C crc = new CRC32C();
        long done = 0;
        while (size == WHOLE || done < size) {
            piece.clear();
            if (size != WHOLE) {
                piece.limit((int) Math.min(PIECE_BYTES, size - done));
            }
            int read = piece.hasRemaining() ? in.read(piece, done) : 0;
            if (read <= 0) {
                break;
            }
            crc.update(piece.flip());
            piece.rewind();
            if (out != null) {
                write(out, to);
            }
            done += read;
            pace(read);
        }
        if (size != WHOLE && done < size) {
            throw new EOFException("it has " + done + " bytes and should have " + size);
        }
        return new Copied(done, (int) crc.getValue());
    }

    private void write(FileChannel out, Path to) throws IOException {
        try {
            while (piece.hasRemaining()) {
                out.write(piece);
            }
        } catch (IOException e) {
            throw unwritten(to, e);
        }
    }

    private void pace(int bytes) throws InterruptedException {
        copied += bytes;
        if (bytesPerSecond > 0) {
            long dueNs = begunNs + (long) (copied * 1e9 / bytesPerSecond);
            long waitNs = dueNs - System.nanoTime();
            if (waitNs > 0) {
                TimeUnit.NANOSECONDS.sleep(waitNs);
            }
        }
    }
}
