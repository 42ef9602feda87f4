package io.chapar.broker.log.disk;

import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// A disk in memory that keeps apart what was written and what was synced, for tests and simulations: it counts its
/// operations, fails as [#faults()] say, and crashes as [#crash] says. The same calls and the same randomness give the
/// same bytes. For one thread at a time.
public final class MemoryDisk implements Disk {
    private final MemoryNames names = new MemoryNames();
    private final DiskFaults faults = new DiskFaults();
    private long operations;
    private long bytesRead;
    private boolean off;
    /// Files opened before the last crash are of no use.
    private int crashes;
    /// What is to be deleted later, while that is held back; else null.
    private @Nullable List<String> heldDeletions;
    /// What is to be done by [#runLater], while that is held back; else null.
    private @Nullable List<Held> held;
    private BooleanSupplier waitsForbidden = () -> false;
    private Consumer<String> mistakes = _ -> { };
    /// What runs was given away by its loop.
    private boolean away;

    // ---- faults

    public DiskFaults faults() {
        return faults;
    }

    /// Changes so far: each name made, moved or removed, each write, cut, and each file synced.
    public long operations() {
        return operations;
    }

    /// Of open files, so far, by whoever did not do that by [#runLater] or [#workLater].
    public long bytesRead() {
        return bytesRead;
    }

    /// The power has gone: see [DiskFaults#stopAtOperation].
    public boolean isStopped() {
        return off;
    }

    /// The process ends here, and unless the loss is NOTHING the machine does; then both are back. Open files are dead,
    /// faults that stop the disk are over.
    public void crash(Loss loss, RandomGenerator random) {
        if (loss != Loss.NOTHING) {
            names.crash(loss == Loss.ALL_UNSYNCED ? 0 : random.nextInt(names.unsyncedChanges() + 1));
            names.files().values().forEach(content -> content.crash(loss, random));
        }
        crashes++;
        off = false;
        heldDeletions = null;
        held = null;
        faults.stopAtOperation(Long.MAX_VALUE);
    }

    /// Turns a bit around, in what is synced as well.
    public void flipBit(String path, int position, int bit) {
        file(path).flip(position, bit);
    }

    private MemoryContent file(String path) {
        return requireNonNull(names.files().get(path), path);
    }

    /// First byte of a file that the last crash could take; those before it were synced.
    public int doubtfulFrom(String path) {
        return file(path).doubtfulFrom();
    }

    /// The flusher is busy: later deletions wait.
    public void holdDeletions() {
        heldDeletions = new ArrayList<>();
    }

    public void runDeletions() {
        List<String> held = heldDeletions;
        heldDeletions = null;
        if (held != null) {
            deleteLater(held);
        }
    }

    /// Work of [#runLater], and its answer on the loop.
    private record Held(Runnable work, Runnable answer) {}

    /// The workers are busy: what [#runLater] is given from now on waits.
    public void holdWork() {
        held = new ArrayList<>();
    }

    /// The workers do what they were given, and are busy again. The runnable that it gives hands the answers to the
    /// loops.
    public Runnable doHeldWork() {
        List<Held> done = requireNonNull(held, "work is held back");
        held = new ArrayList<>();
        done.forEach(each -> each.work().run());
        return () -> done.forEach(each -> each.answer().run());
    }

    /// Paths of all files, in order.
    public List<String> paths() {
        return List.copyOf(names.files().keySet());
    }

    /// A file's bytes, or null when there is none; never fails.
    public byte @Nullable [] content(String path) {
        MemoryContent file = names.files().get(path);
        return file == null ? null : file.copy();
    }

    /// From now on it is a mistake to wait for this disk, by a sync or by listing a folder, in a task of a loop.
    ///
    /// @param inTask whether a task of a loop runs
    /// @param told what was done there
    public void forbidBlocking(BooleanSupplier inTask, Consumer<String> told) {
        waitsForbidden = inTask;
        mistakes = told;
    }

    private void mayWait(String what) {
        if (!away && waitsForbidden.getAsBoolean()) {
            mistakes.accept(what + " on a loop");
        }
    }

    private void doAway(Work work) throws IOException {
        boolean before = away;
        away = true;
        try {
            work.run();
        } finally {
            away = before;
        }
    }

    /// Counts one change; true when the power goes in the middle of it.
    private boolean stopsHere() throws PowerLostException {
        requirePower();
        operations++;
        if (operations >= faults.stopAtOperation()) {
            off = true;
        }
        return off;
    }

    private void change() throws PowerLostException {
        if (stopsHere()) {
            throw new PowerLostException();
        }
    }

    private void requirePower() throws PowerLostException {
        if (off) {
            throw new PowerLostException();
        }
    }

    private void requireSound(String path) throws IOException {
        requirePower();
        if (faults.breaks(path)) {
            throw new IOException("input/output error on " + path);
        }
    }

    private void requireWritable(String path) throws IOException {
        if (faults.refusesWrites(path)) {
            throw new IOException("read-only file system: " + path);
        }
    }

    // ---- disk

    @Override
    public DiskFile open(String path) throws IOException {
        requireSound(path);
        MemoryContent content = names.files().get(path);
        if (content == null) {
            if (!names.isFolder(MemoryNames.folderOf(path))) {
                throw new IOException("no folder for " + path);
            }
            requireWritable(path);
            change();
            content = new MemoryContent();
            names.create(path, content);
        }
        return new MemoryFile(path, content);
    }

    @Override
    public boolean exists(String path) throws IOException {
        requirePower();
        return names.files().containsKey(path) || names.isFolder(path);
    }

    @Override
    public long size(String path) throws IOException {
        requirePower();
        MemoryContent file = names.files().get(path);
        return file == null ? 0 : file.size();
    }

    @Override
    public long usableBytes() {
        return Math.max(0, faults.capacityBytes() - usedBytes());
    }

    @Override
    public long totalBytes() {
        return faults.capacityBytes();
    }

    private long usedBytes() {
        return names.files().values().stream().mapToLong(MemoryContent::size).sum();
    }

    @Override
    public List<String> list(String folder) throws IOException {
        mayWait("listing '" + folder + "'");
        requirePower();
        return names.list(folder);
    }

    @Override
    public void createFolder(String path) throws IOException {
        if (!names.isFolder(path)) {
            change();
            names.createFolder(path);
        }
    }

    @Override
    public void rename(String from, String to) throws IOException {
        requirePower();
        if (!exists(from)) {
            throw new IOException("no file " + from);
        }
        change();
        names.rename(from, to);
    }

    @Override
    public void delete(String path) throws IOException {
        requirePower();
        for (String name : names.isFolder(path) ? names.list(path) : List.<String>of()) {
            delete(path + "/" + name);
        }
        if (exists(path)) {
            change();
            names.delete(path);
        }
    }

    @Override
    public @Nullable ByteBuffer read(String path) throws IOException {
        requireSound(path);
        byte[] bytes = content(path);
        return bytes == null ? null : ByteBuffer.wrap(bytes);
    }

    @Override
    public void replace(String path, ByteBuffer content) throws IOException {
        delete(path + ".tmp");
        try (DiskFile file = open(path + ".tmp")) {
            requireSound(path);
            file.write(content.duplicate(), 0);
        }
        rename(path + ".tmp", path);
    }

    @Override
    public void sync(List<String> paths) throws IOException {
        if (!paths.isEmpty()) {
            mayWait("syncing " + paths);
        }
        for (Unsynced each : unsynced(paths, true)) {
            sync(each);
        }
    }

    /// @param content null when there is no such file
    /// @param name whether the name is synced as well
    private record Unsynced(String path, @Nullable MemoryContent content, int upTo, boolean name) {}

    private List<Unsynced> unsynced(List<String> paths, boolean name) {
        List<Unsynced> all = new ArrayList<>();
        for (String path : paths) {
            MemoryContent content = names.files().get(path);
            all.add(new Unsynced(path, content, content == null ? 0 : content.size(), name));
        }
        return all;
    }

    private void sync(Unsynced what) throws IOException {
        requireSound(what.path());
        if (faults.failSyncs()) {
            throw new IOException("sync fails");
        }
        change();
        if (what.content() != null) {
            what.content().sync(what.upTo());
        }
        if (what.name()) {
            names.sync(MemoryNames.folderOf(what.path()));
        }
    }

    @Override
    public void syncLater(List<String> paths, boolean name, Loop loop, Consumer<IOException> done) {
        List<Unsynced> all = unsynced(paths, name);
        Work work = () -> {
            for (Unsynced each : all) {
                sync(each);
            }
        };
        if (faults.syncDelayMs() > 0) {
            loop.schedule(faults.syncDelayMs(), inThisLife(work, done));
        } else {
            loop.execute(inThisLife(work, done));
        }
    }

    @Override
    public void runLater(Work work, Loop loop, Consumer<IOException> done) {
        List<Held> waiting = held;
        if (waiting == null) {
            loop.execute(inThisLife(work, done));
            return;
        }
        Runnable[] answer = {() -> { }};
        waiting.add(new Held(
                inThisLife(work, failure -> answer[0] = () -> loop.execute(() -> done.accept(failure))),
                () -> answer[0].run()));
    }

    /// Nothing of it happens, not even its answer, when the process ends before.
    private Runnable inThisLife(Work work, Consumer<IOException> done) {
        int life = crashes;
        return () -> {
            if (life != crashes) {
                return;
            }
            IOException failure = null;
            try {
                doAway(work);
            } catch (IOException e) {
                failure = e;
            }
            done.accept(failure);
        };
    }

    @Override
    public void workLater(Runnable work, Loop loop, Runnable done) {
        int life = crashes;
        loop.execute(() -> {
            if (life != crashes) {
                return;
            }
            boolean before = away;
            away = true;
            try {
                work.run();
            } finally {
                away = before;
            }
            done.run();
        });
    }

    @Override
    public void deleteLater(List<String> paths) {
        if (heldDeletions != null) {
            heldDeletions.addAll(paths);
            return;
        }
        for (String path : paths) {
            try {
                delete(path);
            } catch (IOException e) {
                // the next start finds the file again
            }
        }
    }

    private final class MemoryFile implements DiskFile {
        private final String path;
        private final MemoryContent content;
        private final int life = crashes;

        private MemoryFile(String path, MemoryContent content) {
            this.path = path;
            this.content = content;
        }

        private void requireAlive() throws IOException {
            requireSound(path);
            if (life != crashes) {
                throw new PowerLostException();
            }
        }

        @Override
        public long size() throws IOException {
            requireAlive();
            return content.size();
        }

        @Override
        public void write(ByteBuffer bytes, long position) throws IOException {
            requireAlive();
            requireWritable(path);
            int length = bytes.remaining();
            requireRoom(Math.max(0, position + length - content.size()));
            if (stopsHere()) {
                content.write(bytes, (int) (length * (operations % 8) / 8), (int) position);
                throw new PowerLostException();
            }
            boolean fails = faults.failsThisWrite();
            content.write(bytes, fails ? length / 2 : length, (int) position);
            if (fails) {
                throw new IOException("write fails");
            }
        }

        private void requireRoom(long more) throws IOException {
            if (more == 0 || faults.capacityBytes() == Long.MAX_VALUE) {
                return;
            }
            if (usedBytes() + more > faults.capacityBytes()) {
                throw new IOException("No space left on device");
            }
        }

        @Override
        public int read(ByteBuffer into, long position) throws IOException {
            requireAlive();
            if (faults.isUnreadable(path, position, position + into.remaining())) {
                throw new IOException("reading at byte " + position + " of " + path + " failed: Input/output error");
            }
            int length = content.read(into, position);
            bytesRead += away ? 0 : Math.max(0, length);
            return length;
        }

        @Override
        public void truncate(long size) throws IOException {
            requireAlive();
            change();
            content.truncate(size);
        }

        @Override
        public @Nullable FileChannel channel() {
            return null;
        }

        @Override
        public void close() {
            // the content stays
        }
    }
}
