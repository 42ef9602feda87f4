package io.chapar.broker.log.disk;

import java.util.function.Predicate;

/// What goes wrong on a [MemoryDisk]: nothing, unless said here. It may change at any time; what is said holds from
/// the next call on.
public final class DiskFaults {
    private long capacityBytes = Long.MAX_VALUE;
    private long stopAtOperation = Long.MAX_VALUE;
    private int writesUntilFailure = -1;
    private Predicate<String> brokenPaths = _ -> false;
    private Predicate<String> readOnlyPaths = _ -> false;
    private String unreadablePath = "";
    private long unreadableFrom;
    private long unreadableTo;
    private boolean failSyncs;
    private long syncDelayMs;

    DiskFaults() {}

    /// Writes that would make the files larger than this in all fail, as on a full disk.
    public DiskFaults capacityBytes(long bytes) {
        capacityBytes = bytes;
        return this;
    }

    /// The power goes in the middle of the operation with this number, counted by [MemoryDisk#operations()]: part of a
    /// write is done, anything else is not, and every later call fails until [MemoryDisk#crash].
    public DiskFaults stopAtOperation(long operation) {
        stopAtOperation = operation;
        return this;
    }

    /// That many writes succeed, then one fails half done; those after it succeed again.
    public DiskFaults failWriteAfter(int writes) {
        writesUntilFailure = writes;
        return this;
    }

    /// Reads, writes and syncs of these files fail.
    public DiskFaults broken(Predicate<String> paths) {
        brokenPaths = paths;
        return this;
    }

    /// These files are not made and not written to; what is there can be read and synced.
    public DiskFaults readOnly(Predicate<String> paths) {
        readOnlyPaths = paths;
        return this;
    }

    /// Reads that touch these bytes of the file fail, as from a bad sector; an empty range for none.
    public DiskFaults unreadable(String path, long from, long to) {
        unreadablePath = path;
        unreadableFrom = from;
        unreadableTo = to;
        return this;
    }

    public DiskFaults failSyncs(boolean fail) {
        failSyncs = fail;
        return this;
    }

    /// How long [Disk#syncLater] takes, by the loop's time. What was written meanwhile is not synced with it.
    public DiskFaults syncDelayMs(long delay) {
        syncDelayMs = delay;
        return this;
    }

    long capacityBytes() {
        return capacityBytes;
    }

    long stopAtOperation() {
        return stopAtOperation;
    }

    /// Asked once per write.
    boolean failsThisWrite() {
        return writesUntilFailure >= 0 && writesUntilFailure-- == 0;
    }

    boolean breaks(String path) {
        return brokenPaths.test(path);
    }

    boolean refusesWrites(String path) {
        return readOnlyPaths.test(path);
    }

    boolean isUnreadable(String path, long from, long to) {
        return path.equals(unreadablePath) && from < unreadableTo && unreadableFrom < to;
    }

    boolean failSyncs() {
        return failSyncs;
    }

    long syncDelayMs() {
        return syncDelayMs;
    }
}
