package io.chapar.broker.log.disk;

import io.chapar.broker.runtime.Loop;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/// A disk that keeps apart what was written and what was synced, and fails on demand. Faults follow from the seed
/// given to [#crash] alone.
public final class MemoryDisk implements Disk {
    private final NavigableMap<String, Content> files = new TreeMap<>();
    private final NavigableSet<String> folders = new TreeSet<>();
    private long capacity = Long.MAX_VALUE;
    private int writesUntilFailure = -1;
    private boolean failSyncs;
    /// What is to be deleted later, while that is held back; else null.
    private List<String> heldDeletions;
    private long created;
    /// Names up to this one are durable: a sync takes the journal with it, and with it all names made before.
    private long namesSynced;

    private static final class Content {
        private final long createdAs;
        private byte[] bytes = new byte[0];
        /// What a loss of power cannot take; null for a name that was never synced.
        private byte[] durable;
        /// The durable bytes are those of another file that had the name before.
        private boolean replaced;

        private Content(long createdAs) {
            this.createdAs = createdAs;
        }
    }

    // ---- faults

    /// Power is lost. Of what was not synced, some prefix of each file is there, with its last bytes torn or zero; a
    /// file that was replaced is the old one, the new one, or the beginning of the new one; a new file may be missing, and
    /// then so are all that were made after it, as on a journalled file system.
    public void crash(Random random) {
        long namesKept = random.nextBoolean() ? Long.MAX_VALUE : random.nextLong(namesSynced, created + 1);
        for (String path : List.copyOf(files.keySet())) {
            Content file = files.get(path);
            byte[] durable = file.durable == null ? new byte[0] : file.durable;
            if (file.durable == null && file.createdAs > namesKept) {
                files.remove(path);
                continue;
            }
            boolean grew = file.bytes.length >= durable.length
                    && Arrays.equals(durable, 0, durable.length, file.bytes, 0, durable.length);
            if (grew) {
                int kept = durable.length + random.nextInt(file.bytes.length - durable.length + 1);
                byte[] left = Arrays.copyOf(file.bytes, kept);
                int unsure = Math.min(kept - durable.length, random.nextInt(64));
                if (random.nextBoolean()) {
                    Arrays.fill(left, kept - unsure, kept, (byte) (random.nextBoolean() ? 0 : random.nextInt()));
                }
                file.bytes = left;
            } else {
                file.bytes = switch (random.nextInt(3)) {
                    case 0 -> durable;
                    case 1 -> file.bytes;
                    default -> {
                        int common = file.replaced ? 0 : Math.max(0, Math.min(
                                Arrays.mismatch(durable, file.bytes), file.bytes.length));
                        yield Arrays.copyOf(file.bytes, common + random.nextInt(file.bytes.length - common + 1));
                    }
                };
            }
            file.durable = file.bytes.clone();
            file.replaced = false;
        }
    }

    /// Turns a bit around, in what is synced as well.
    public void flipBit(String path, int position) {
        Content file = files.get(path);
        file.bytes[position] ^= 1;
        file.durable = file.bytes.clone();
    }

    /// Writes beyond this many bytes in all fail.
    public void setCapacity(long bytes) {
        capacity = bytes;
    }

    /// That many writes succeed, then one fails half done.
    public void failWriteAfter(int writes) {
        writesUntilFailure = writes;
    }

    public void failSyncs(boolean fail) {
        failSyncs = fail;
    }

    /// The flusher is busy: later deletions wait.
    public void holdDeletions() {
        heldDeletions = new ArrayList<>();
    }

    public void runDeletions() {
        List<String> held = heldDeletions;
        heldDeletions = null;
        deleteLater(held);
    }

    public byte[] content(String path) {
        Content file = files.get(path);
        return file == null ? null : file.bytes.clone();
    }

    // ---- disk

    @Override
    public DiskFile open(String path) throws IOException {
        requireFolder(path);
        return new MemoryFile(files.computeIfAbsent(path, _ -> new Content(++created)));
    }

    private void requireFolder(String path) throws IOException {
        int slash = path.lastIndexOf('/');
        if (slash >= 0 && !folders.contains(path.substring(0, slash))) {
            throw new IOException("no folder for " + path);
        }
    }

    @Override
    public boolean exists(String path) {
        return files.containsKey(path) || folders.contains(path);
    }

    @Override
    public long size(String path) {
        Content file = files.get(path);
        return file == null ? 0 : file.bytes.length;
    }

    @Override
    public List<String> list(String folder) {
        NavigableSet<String> names = new TreeSet<>();
        String prefix = folder.isEmpty() ? "" : folder + "/";
        List<String> all = new ArrayList<>(files.keySet());
        all.addAll(folders);
        for (String path : all) {
            if (path.startsWith(prefix)) {
                String rest = path.substring(prefix.length());
                names.add(rest.contains("/") ? rest.substring(0, rest.indexOf('/')) : rest);
            }
        }
        return List.copyOf(names);
    }

    @Override
    public void createFolder(String path) {
        folders.add(path);
    }

    @Override
    public void rename(String from, String to) {
        for (String path : List.copyOf(files.keySet())) {
            if (path.equals(from) || path.startsWith(from + "/")) {
                Content moved = files.remove(path);
                Content old = files.put(to + path.substring(from.length()), moved);
                moved.durable = old == null ? null : old.durable;
                moved.replaced = true;
            }
        }
        if (folders.remove(from)) {
            folders.add(to);
        }
    }

    @Override
    public void delete(String path) {
        files.remove(path);
        files.keySet().removeIf(file -> file.startsWith(path + "/"));
        folders.remove(path);
    }

    @Override
    public ByteBuffer read(String path) {
        byte[] bytes = content(path);
        return bytes == null ? null : ByteBuffer.wrap(bytes);
    }

    @Override
    public void replace(String path, ByteBuffer content) throws IOException {
        delete(path + ".tmp");
        try (DiskFile file = open(path + ".tmp")) {
            file.write(content.duplicate(), 0);
        }
        rename(path + ".tmp", path);
    }

    @Override
    public void sync(List<String> paths) throws IOException {
        if (failSyncs) {
            throw new IOException("sync fails");
        }
        for (String path : paths) {
            Content file = files.get(path);
            if (file != null) {
                file.durable = file.bytes.clone();
                file.replaced = false;
                namesSynced = Math.max(namesSynced, file.createdAs);
            }
        }
    }

    @Override
    public void syncLater(List<String> paths, Loop loop, Consumer<IOException> done) {
        loop.execute(() -> {
            try {
                sync(paths);
                done.accept(null);
            } catch (IOException e) {
                done.accept(e);
            }
        });
    }

    @Override
    public void deleteLater(List<String> paths) {
        if (heldDeletions != null) {
            heldDeletions.addAll(paths);
            return;
        }
        paths.forEach(this::delete);
    }

    private final class MemoryFile implements DiskFile {
        private final Content content;

        private MemoryFile(Content content) {
            this.content = content;
        }

        @Override
        public long size() {
            return content.bytes.length;
        }

        @Override
        public void write(ByteBuffer bytes, long position) throws IOException {
            int length = bytes.remaining();
            boolean fails = writesUntilFailure >= 0 && writesUntilFailure-- == 0;
            int written = fails ? length / 2 : length;
            int end = (int) position + written;
            long total = files.values().stream().mapToLong(file -> file.bytes.length).sum();
            if (end > content.bytes.length) {
                if (total + end - content.bytes.length > capacity) {
                    throw new IOException("No space left on device");
                }
                content.bytes = Arrays.copyOf(content.bytes, end);
            }
            bytes.get(content.bytes, (int) position, written);
            if (fails) {
                throw new IOException("write fails");
            }
        }

        @Override
        public int read(ByteBuffer into, long position) {
            int n = Math.clamp(content.bytes.length - position, 0, into.remaining());
            into.put(content.bytes, (int) position, n);
            return n;
        }

        @Override
        public void truncate(long size) {
            if (size < content.bytes.length) {
                content.bytes = Arrays.copyOf(content.bytes, (int) size);
            }
        }

        @Override
        public FileChannel channel() {
            return null;
        }

        @Override
        public void close() {
            // the content stays
        }
    }
}
