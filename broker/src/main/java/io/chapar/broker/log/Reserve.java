package io.chapar.broker.log;

import io.chapar.broker.log.disk.Disk;
import io.chapar.broker.log.disk.DiskFile;
import io.chapar.protocol.ErrorCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/// Room on the disk that records of clients do not get: for checkpoints, indexes, metadata, coordinators, and for
/// whatever it takes to delete something.
///
/// Appends are refused while less is left, and what coordinators write for clients while half of it is. What others
/// write to the disk cannot be refused; so a part of the reserve, at most [#HELD_BYTES], is held as a file, and given
/// up when there is next to nothing left besides. It is taken again when there is room.
///
/// Callable from any loop and thread.
public final class Reserve {
    static final String FILE = "reserve";
    static final long HELD_BYTES = 4L << 20;
    /// What may be appended before the disk is asked again how much is left.
    private static final long LOOK_EVERY_BYTES = 4L << 20;
    private static final long USUAL_BYTES = 64L << 20;
    private static final int PIECE_BYTES = 64 << 10;
    private static final Logger LOG = LoggerFactory.getLogger(Reserve.class);

    private final Disk disk;
    private final long bytes;
    private final long heldBytes;
    /// That the disk does not say has been said.
    private final AtomicBoolean silent = new AtomicBoolean();
    private final AtomicBoolean complained = new AtomicBoolean();
    private final Share records;
    private final Share coordinators;

    private Reserve(Disk disk, long bytes) {
        this.disk = disk;
        this.bytes = bytes;
        this.heldBytes = Math.min(bytes, HELD_BYTES);
        this.records = new Share(bytes, "Records", ErrorCode.POLICY_VIOLATION);
        this.coordinators = new Share(bytes / 2, "Offsets, new transactions and members of groups",
                ErrorCode.COORDINATOR_NOT_AVAILABLE);
    }

    /// @param bytes what is kept; 0 for nothing, negative for 64 MB or a hundredth of the disk, whichever is less
    public static Reserve of(Disk disk, long bytes) throws IOException {
        return new Reserve(disk, bytes >= 0 ? bytes : Math.min(USUAL_BYTES, disk.totalBytes() / 100));
    }

    static Reserve none(Disk disk) {
        return new Reserve(disk, 0);
    }

    public boolean isKept() {
        return bytes > 0;
    }

    /// Whether a client's records of this size may be appended.
    public boolean admits(int size) {
        return records.admits(size);
    }

    /// Whether a coordinator may write so much because a client asks for it, if that can wait: half of what is kept.
    /// What ends a transaction is written in any case.
    public boolean admitsForCoordinator(long size) {
        return coordinators.admits(size);
    }

    /// Whether so much may be written for what can wait, and leaves what is kept.
    public boolean hasRoomFor(long size) {
        return bytes == 0 || freeBytes() - size >= bytes;
    }

    /// For whoever is refused.
    public String refusal() {
        return "The broker's disk is full: " + (freeBytes() >> 10) + " KB are left, and " + (bytes >> 10)
                + " KB are kept for upkeep (disk.reserve.bytes). Delete topics or records, or give it a larger disk.";
    }

    public boolean isRefusing() {
        return records.refusing.get() || coordinators.refusing.get();
    }

    /// A disk that does not say how much is left is taken for one with room: a write will tell.
    public long freeBytes() {
        try {
            long free = disk.usableBytes();
            silent.set(false);
            return free;
        } catch (IOException e) {
            if (!silent.getAndSet(true)) {
                LOG.warn("How much room the disk has cannot be found out: {}", e.getMessage());
            }
            return Long.MAX_VALUE;
        }
    }

    /// Of the whole disk; 0 where it does not say.
    public long diskBytes() {
        try {
            return disk.totalBytes();
        } catch (IOException e) {
            return 0; // said by #freeBytes, which asks the same disk
        }
    }

    /// Gives the held part up where there is next to nothing left besides. Blocks.
    public void relieve() {
        try {
            long held = bytes == 0 ? 0 : disk.size(FILE);
            long free = held == 0 ? 0 : disk.usableBytes();
            if (held > 0 && free < heldBytes / 2) {
                disk.delete(FILE);
                LOG.error("The disk is full: {} KB are left. {} KB more that were held for this are given up, for"
                        + " deletions and what else the broker itself has to write", free >> 10, held >> 10);
            }
        } catch (IOException e) {
            complain("The reserve of room cannot be given up", e);
        }
    }

    /// As [#relieve], and takes it again where there is room. Blocks. A disk that others fill at the same moment keeps
    /// it from that, and nothing depends on it.
    public void keep() {
        relieve();
        records.allowance.set(0);
        coordinators.allowance.set(0);
        try {
            if (bytes > 0 && disk.size(FILE) < heldBytes && disk.usableBytes() - heldBytes >= bytes) {
                take();
            }
        } catch (IOException e) {
            complain("The reserve of room cannot be taken", e);
        }
    }

    /// Every few seconds it is tried again.
    private void complain(String what, IOException why) {
        if (!complained.getAndSet(true)) {
            LOG.warn("{}, and that is tried again without a further word: {}", what, why.getMessage());
        }
    }

    private void take() throws IOException {
        try (DiskFile file = disk.open(FILE)) {
            ByteBuffer zeros = ByteBuffer.allocate((int) Math.min(PIECE_BYTES, heldBytes));
            for (long at = 0; at < heldBytes; at += zeros.limit()) {
                file.write(zeros.clear().limit((int) Math.min(zeros.capacity(), heldBytes - at)), at);
            }
        }
    }

    /// What is written for one purpose, as long as so much is left behind it.
    private final class Share {
        private final long left;
        private final String what;
        private final ErrorCode error;
        private final AtomicLong allowance = new AtomicLong();
        private final AtomicBoolean refusing = new AtomicBoolean();

        Share(long left, String what, ErrorCode error) {
            this.left = left;
            this.what = what;
            this.error = error;
        }

        boolean admits(long size) {
            if (bytes == 0 || allowance.addAndGet(-size) >= 0) {
                return true;
            }
            long free = freeBytes();
            boolean admitted = free - size >= left;
            allowance.set(admitted ? Math.min(LOOK_EVERY_BYTES, free - size - left) : 0);
            // Small ones may be taken where large ones are refused: that is no end of it.
            boolean ends = admitted && free - size >= left + left / 8;
            if ((ends || !admitted) && refusing.compareAndSet(ends, !ends)) {
                if (ends) {
                    LOG.warn("There is room on the disk again, {} MB. {} are taken", free >> 20, what);
                } else {
                    LOG.error("The disk is full: {} KB are left, of which {} KB are kept for what the broker itself has"
                            + " to write (disk.reserve.bytes). {} are refused with {} until something is deleted",
                            free >> 10, left >> 10, what, error);
                }
            }
            return admitted;
        }
    }
}
