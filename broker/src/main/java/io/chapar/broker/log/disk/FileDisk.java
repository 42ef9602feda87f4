package io.chapar.broker.log.disk;

import io.chapar.broker.runtime.Loop;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// The real disk below a root folder. Writes go to the page cache on the caller's thread; syncs and deletions run on
/// one thread, the flusher, and long work on another; both end when they have nothing to do.
public final class FileDisk implements Disk, Closeable {
    private static final long IDLE_THREAD_SECONDS = 5;

    private final Path root;
    private final ThreadPoolExecutor flusher;
    private final ThreadPoolExecutor worker;

    public FileDisk(Path root) {
        this.root = root;
        this.flusher = oneThread("chapar-flusher");
        this.worker = oneThread("chapar-cleaner");
    }

    private static ThreadPoolExecutor oneThread(String name) {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                1, 1, IDLE_THREAD_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread = new Thread(task, name);
                    thread.setDaemon(true);
                    return thread;
                });
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    @Override
    public DiskFile open(String path) throws IOException {
        return new ChannelFile(FileChannel.open(
                root.resolve(path), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE));
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
    public List<String> list(String folder) throws IOException {
        try (Stream<Path> files = Files.list(root.resolve(folder))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    @Override
    public void createFolder(String path) throws IOException {
        Files.createDirectories(root.resolve(path));
    }

    @Override
    public void rename(String from, String to) throws IOException {
        Files.move(
                root.resolve(from),
                root.resolve(to),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
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
    public ByteBuffer read(String path) throws IOException {
        try {
            return ByteBuffer.wrap(Files.readAllBytes(root.resolve(path)));
        } catch (NoSuchFileException e) {
            return null;
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
        }
        rename(temporary, path);
    }

    @Override
    public void sync(List<String> paths) throws IOException {
        SequencedSet<Path> folders = new LinkedHashSet<>();
        for (String path : paths) {
            Path file = root.resolve(path);
            force(file, StandardOpenOption.WRITE);
            folders.add(file.getParent());
        }
        for (Path folder : folders) {
            force(folder, StandardOpenOption.READ);
        }
    }

    private static void force(Path path, StandardOpenOption how) throws IOException {
        try (FileChannel channel = FileChannel.open(path, how)) {
            channel.force(true);
        } catch (NoSuchFileException e) {
            // deleted meanwhile: there is nothing left to keep
        }
    }

    @Override
    public void syncLater(List<String> paths, Loop loop, Consumer<IOException> done) {
        List<String> which = List.copyOf(paths);
        flusher.execute(() -> {
            IOException failure = null;
            try {
                sync(which);
            } catch (IOException e) {
                failure = e;
            }
            IOException outcome = failure;
            loop.execute(() -> done.accept(outcome));
        });
    }

    @Override
    public void workLater(Runnable work, Loop loop, Runnable done) {
        worker.execute(() -> {
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
        flusher.execute(() -> {
            for (String path : which) {
                try {
                    delete(path);
                } catch (IOException e) {
                    // the next start finds the file again
                }
            }
        });
    }

    /// Waits for what both threads have been given.
    @Override
    public void close() {
        worker.close();
        flusher.close();
    }

    private record ChannelFile(FileChannel channel) implements DiskFile {
        @Override
        public long size() throws IOException {
            return channel.size();
        }

        @Override
        public void write(ByteBuffer bytes, long position) throws IOException {
            long at = position;
            while (bytes.hasRemaining()) {
                at += channel.write(bytes, at);
            }
        }

        @Override
        public int read(ByteBuffer into, long position) throws IOException {
            int total = 0;
            while (into.hasRemaining()) {
                int n = channel.read(into, position + total);
                if (n < 0) {
                    break;
                }
                total += n;
            }
            return total;
        }

        @Override
        public void truncate(long size) throws IOException {
            channel.truncate(size);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
