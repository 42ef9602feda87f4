package io.chapar.broker.log.disk;

import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

import static java.util.Objects.requireNonNull;

/// The real disk below a root folder. Writes go to the page cache on the caller's thread; syncs and deletions run on
/// the flushers, recoveries on the workers, compaction on a thread of its own. All of them end when they have nothing
/// to do.
///
/// A file system gathers syncs that come side by side into one commit of its journal: sixteen at a time cost hardly
/// more than one.
public final class FileDisk implements Disk, Closeable {
    static final int FLUSHERS = 16;
    /// More files than this are synced side by side even where the caller waits for them.
    private static final int FEW_FILES = 16;
    /// From here on the whole file system is synced instead.
    static final int VERY_MANY_FILES = 2_000;
    private static final long IDLE_SECONDS = 5;

    private final Path root;
    private final Runnable syncFailed;
    private final ThreadPoolExecutor flushers;
    private final ThreadPoolExecutor workers;
    private final ThreadPoolExecutor cleaner;

    public FileDisk(Path root) {
        this(root, () -> { });
    }

    /// @param syncFailed told, on some thread, each time that the system could not make something durable: what was
    ///        written may be gone then, though it can still be read
    public FileDisk(Path root, Runnable syncFailed) {
        this.root = root;
        this.syncFailed = syncFailed;
        this.flushers = threads("chapar-flusher", FLUSHERS);
        this.workers = threads("chapar-files", Math.clamp(Runtime.getRuntime().availableProcessors(), 2, 16));
        this.cleaner = threads("chapar-cleaner", 1);
    }

    private static ThreadPoolExecutor threads(String name, int count) {
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                count, count, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(null, task, name, 256 << 10);
                    thread.setDaemon(true);
                    return thread;
                });
        pool.allowCoreThreadTimeOut(true);
        return pool;
    }

    @Override
    public DiskFile open(String path) throws IOException {
        try {
            return new ChannelFile(path, FileChannel.open(
                    root.resolve(path), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
        } catch (IOException e) {
            throw new StorageException("opening", path, e);
        }
    }

    @Override
    public boolean exists(String path) {
        return Files.exists(root.resolve(path));
    }

    @Override
    public long size(String path) throws IOException {
        try {
            return Files.size(root.resolve(path));
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    @Override
    public long usableBytes() throws IOException {
        return known(root.toFile().getUsableSpace());
    }

    @Override
    public long totalBytes() throws IOException {
        return known(root.toFile().getTotalSpace());
    }

    /// Asked of the system by the folder itself. `Files.getFileStore` looks in the table of what is mounted first, in
    /// which a folder within `chroot` need not be.
    private long known(long bytes) throws IOException {
        if (bytes == 0 && root.toFile().getTotalSpace() == 0) {
            throw new IOException("the system does not tell how much room its disk has");
        }
        return bytes;
    }

    @Override
    public List<String> list(String folder) throws IOException {
        try (Stream<Path> files = Files.list(root.resolve(folder))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (UncheckedIOException e) {
            throw new StorageException("listing", folder, requireNonNull(e.getCause(), "an exception wrapped"));
        }
    }

    @Override
    public void createFolder(String path) throws IOException {
        try {
            Files.createDirectories(root.resolve(path));
        } catch (IOException e) {
            throw new StorageException("creating folder", path, e);
        }
    }

    @Override
    public void rename(String from, String to) throws IOException {
        try {
            Files.move(
                    root.resolve(from),
                    root.resolve(to),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new StorageException("renaming to " + to, from, e);
        }
    }

    @Override
    public void link(String from, String to) throws IOException {
        try {
            Files.createLink(root.resolve(to), root.resolve(from));
        } catch (UnsupportedOperationException e) {
            throw new StorageException("linking", from, new IOException("the file system has no hard links", e));
        } catch (IOException e) {
            throw new StorageException("linking to " + to, from, e);
        }
    }

    @Override
    public void delete(String path) throws IOException {
        Path target = root.resolve(path);
        if (!Files.isDirectory(target)) {
            Files.deleteIfExists(target);
            return;
        }
        Files.walkFileTree(target, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path folder, IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.deleteIfExists(folder);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    @Override
    public @Nullable ByteBuffer read(String path) throws IOException {
        try {
            return ByteBuffer.wrap(Files.readAllBytes(root.resolve(path)));
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw new StorageException("reading", path, e);
        }
    }

    @Override
    public void replace(String path, ByteBuffer content) throws IOException {
        String temporary = path + ".tmp";
        try (FileChannel channel = FileChannel.open(
                root.resolve(temporary),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer bytes = content.duplicate();
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            StorageException failed = new StorageException("replacing", path, e);
            try {
                // What came of it takes room that others lack.
                Files.deleteIfExists(root.resolve(temporary));
            } catch (IOException alike) {
                failed.addSuppressed(alike);
            }
            throw failed;
        }
        rename(temporary, path);
    }

    // ---- sync

    @Override
    public void sync(List<String> paths) throws IOException {
        if (paths.size() < VERY_MANY_FILES || !WholeFileSystem.sync(root)) {
            sync(paths, true, paths.size() > FEW_FILES);
        }
    }

    /// @param sideBySide on the flushers; not to be asked for by one of them
    private void sync(List<String> paths, boolean names, boolean sideBySide) throws IOException {
        SequencedSet<Path> files = new LinkedHashSet<>();
        SequencedSet<Path> folders = new LinkedHashSet<>();
        for (String path : paths) {
            Path file = root.resolve(path);
            files.add(file);
            if (names) {
                folders.add(file.getParent());
            }
        }
        if (sideBySide) {
            forceSideBySide(files);
            forceSideBySide(folders);
            return;
        }
        for (Path file : files) {
            force(file);
        }
        for (Path folder : folders) {
            force(folder);
        }
    }

    private void forceSideBySide(SequencedSet<Path> paths) throws IOException {
        runAll(paths.stream().<Work>map(path -> () -> force(path)).toList());
    }

    /// On the flushers; not to be asked for by one of them.
    @Override
    public void runAll(List<Work> works) throws IOException {
        List<Future<?>> under = new ArrayList<>(works.size());
        for (Work work : works) {
            under.add(flushers.submit(() -> {
                work.run();
                return null;
            }));
        }
        IOException failure = null;
        for (Future<?> one : under) {
            try {
                one.get();
            } catch (ExecutionException e) {
                failure = e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while it waited for files", e);
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private void force(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(
                path, Files.isDirectory(path) ? StandardOpenOption.READ : StandardOpenOption.WRITE)) {
            keep(channel);
        } catch (NoSuchFileException e) {
            // deleted meanwhile: there is nothing left to keep
        } catch (IOException e) {
            throw new StorageException("syncing", root.relativize(path), e);
        }
    }

    private void keep(FileChannel channel) throws IOException {
        try {
            channel.force(false);
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            syncFailed.run();
            throw e;
        }
    }

    @Override
    public void syncLater(List<String> paths, boolean names, Loop loop, Consumer<IOException> done) {
        List<String> which = List.copyOf(paths);
        later(flushers, () -> sync(which, names, false), loop, done);
    }

    @Override
    public void runLater(Work work, Loop loop, Consumer<IOException> done) {
        later(workers, work, loop, done);
    }

    private static void later(ThreadPoolExecutor where, Work work, Loop loop, Consumer<IOException> done) {
        where.execute(() -> {
            Runnable then = () -> done.accept(null);
            try {
                work.run();
            } catch (IOException e) {
                then = () -> done.accept(e);
            } catch (RuntimeException | Error bug) {
                then = () -> {
                    throw bug;
                };
            }
            try {
                loop.execute(then);
            } catch (RejectedExecutionException e) {
                // the loop has ended, and with it whoever wanted to know
            }
        });
    }

    @Override
    public void workLater(Runnable work, Loop loop, Runnable done) {
        cleaner.execute(() -> {
            Runnable then = done;
            try {
                work.run();
            } catch (RuntimeException | Error bug) {
                then = () -> {
                    throw bug;
                };
            }
            try {
                loop.execute(then);
            } catch (RejectedExecutionException e) {
                // the loop has ended, and with it whoever waited
            }
        });
    }

    @Override
    public void deleteLater(List<String> paths) {
        List<String> which = List.copyOf(paths);
        flushers.execute(() -> {
            for (String path : which) {
                try {
                    delete(path);
                } catch (IOException e) {
                    // the next start finds the file again
                }
            }
        });
    }

    /// Waits for what all threads have been given.
    @Override
    public void close() {
        cleaner.close();
        workers.close();
        flushers.close();
    }

    private record ChannelFile(String path, FileChannel channel) implements DiskFile {
        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void write(ByteBuffer bytes, long position) throws IOException {
            long at = position;
            try {
                while (bytes.hasRemaining()) {
                    at += channel.write(bytes, at);
                }
            } catch (IOException e) {
                throw new StorageException("writing at byte " + at + " of", path, e);
            }
        }

        @Override
        public int read(ByteBuffer into, long position) throws IOException {
            int total = 0;
            try {
                while (into.hasRemaining()) {
                    int n = channel.read(into, position + total);
                    if (n < 0) {
                        break;
                    }
                    total += n;
                }
            } catch (IOException e) {
                throw new StorageException("reading at byte " + (position + total) + " of", path, e);
            }
            return total;
        }

        @Override
        public void truncate(long size) throws IOException {
            try {
                channel.truncate(size);
            } catch (IOException e) {
                throw new StorageException("truncating to " + size + " bytes", path, e);
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
