package io.chapar.broker.log.disk;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/// The bytes of one file of a [MemoryDisk], as they read now and as they were last synced. The file keeps them through
/// renames.
final class MemoryContent {
    private static final int SECTOR = 512;
    private static final int TORN_BYTES = 64;

    private byte[] bytes = new byte[0];
    private int size;
    private byte[] synced = new byte[0];
    private int syncedSize;
    /// Below this both are the same.
    private int sameUpTo;
    /// As it was before the last crash.
    private int doubtfulFrom;

    int size() {
        return size;
    }

    /// First byte that the last loss of power could take.
    int doubtfulFrom() {
        return doubtfulFrom;
    }

    void write(ByteBuffer from, int length, int position) {
        int end = Math.addExact(position, length);
        if (end > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(end, bytes.length + bytes.length / 2));
        }
        if (position > size) {
            Arrays.fill(bytes, size, position, (byte) 0);
        }
        int same = 0;
        while (same < length && position + same < sameUpTo
                && bytes[position + same] == from.get(from.position() + same)) {
            same++;
        }
        from.get(bytes, position, length);
        if (same < length) {
            sameUpTo = Math.min(sameUpTo, Math.min(position + same, size));
        }
        size = Math.max(size, end);
    }

    int read(ByteBuffer into, long position) {
        int n = Math.clamp(size - position, 0, into.remaining());
        if (n > 0) {
            into.put(bytes, (int) position, n);
        }
        return n;
    }

    void truncate(long to) {
        if (to < size) {
            size = (int) to;
            sameUpTo = Math.min(sameUpTo, size);
        }
    }

    byte[] copy() {
        return Arrays.copyOf(bytes, size);
    }

    /// @param upTo bytes from here on were written after the sync began
    void sync(int upTo) {
        int end = Math.max(sameUpTo, Math.min(upTo, size));
        if (end > sameUpTo) {
            if (synced.length < end) {
                synced = Arrays.copyOf(synced, Math.max(end, synced.length + synced.length / 2));
            }
            System.arraycopy(bytes, sameUpTo, synced, sameUpTo, end - sameUpTo);
        }
        syncedSize = end;
        sameUpTo = end;
    }

    void flip(int position, int bit) {
        bytes[position] ^= (byte) (1 << bit);
        if (position < sameUpTo) {
            synced[position] ^= (byte) (1 << bit);
        }
    }

    /// What is read afterwards is on the disk for good.
    void crash(Loss loss, RandomGenerator random) {
        doubtfulFrom = sameUpTo;
        byte[] now = copy();
        byte[] old = Arrays.copyOf(synced, syncedSize);
        bytes = switch (loss) {
            case NOTHING -> throw new IllegalArgumentException("the machine goes on");
            case ALL_UNSYNCED -> old;
            case TAILS -> tail(old, now, random);
            case SECTORS -> sectors(old, now, random);
        };
        size = bytes.length;
        synced = bytes.clone();
        syncedSize = size;
        sameUpTo = size;
    }

    private static byte[] tail(byte[] old, byte[] now, RandomGenerator random) {
        int common = Arrays.mismatch(old, now);
        if (common >= 0 && common < old.length) {
            // Cut or written over since the sync.
            return switch (random.nextInt(3)) {
                case 0 -> old;
                case 1 -> now;
                default -> Arrays.copyOf(now, common + random.nextInt(now.length - common + 1));
            };
        }
        int kept = old.length + random.nextInt(now.length - old.length + 1);
        byte[] left = Arrays.copyOf(now, kept);
        int unsure = Math.min(kept - old.length, random.nextInt(TORN_BYTES));
        if (random.nextBoolean()) {
            Arrays.fill(left, kept - unsure, kept, random.nextBoolean() ? 0 : (byte) random.nextInt());
        }
        return left;
    }

    private static byte[] sectors(byte[] old, byte[] now, RandomGenerator random) {
        int shorter = Math.min(old.length, now.length);
        int longer = Math.max(old.length, now.length);
        byte[] left = Arrays.copyOf(now, switch (random.nextInt(3)) {
            case 0 -> shorter;
            case 1 -> longer;
            default -> shorter + random.nextInt(longer - shorter + 1);
        });
        for (int at = 0; at < left.length; at += SECTOR) {
            int choice = random.nextInt(8);
            byte garbage = choice == 0 ? (byte) random.nextInt() : 0;
            boolean written = choice > 3;
            for (int i = at; i < Math.min(left.length, at + SECTOR); i++) {
                if (i < old.length) {
                    left[i] = written && i < now.length ? now[i] : old[i];
                } else if (!written) {
                    left[i] = garbage;
                }
            }
        }
        return left;
    }
}
