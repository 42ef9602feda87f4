package io.chapar.broker.log.compact;

import io.chapar.protocol.record.KeyPieces;

import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// The newest offset of every key in a stretch of the log, in a bounded number of bytes, whatever the keys' sizes.
///
/// A key is known by 128 bits of its SHA-256: two keys that share them cannot be made on purpose, and do not happen.
/// A slot is three longs, `hash | hash | offset + 1`; an empty one has 0 in the last. Collisions go to the next slot.
///
/// It is asked about the key that it was shown last, piece by piece.
public final class KeyOffsets implements KeyPieces {
    static final int BYTES_PER_SLOT = 24;
    private static final int LONGS_PER_SLOT = 3;
    private static final int MAX_SLOTS = (Integer.MAX_VALUE - 8) / LONGS_PER_SLOT;
    private static final double LOAD = 0.75;

    private final long[] table;
    private final int slots;
    private final int capacity;
    private final MessageDigest sha256;
    private final byte[] digest = new byte[32];
    private final ByteBuffer hash = ByteBuffer.wrap(digest);
    private int size;
    private long latest;

    /// @param maxBytes bound on the memory; at least one key always fits
    /// @param maxKeys more keys than this will not come, so no room is made for them
    /// @param from the stretch begins here; what lies before it is taken as known
    public KeyOffsets(long maxBytes, long maxKeys, long from) {
        long useful = (long) Math.ceil(Math.min(maxKeys, MAX_SLOTS) / LOAD) + 1;
        slots = Math.clamp(Math.min(maxBytes / BYTES_PER_SLOT, useful), 2, MAX_SLOTS);
        capacity = Math.max(1, (int) (slots * LOAD));
        table = new long[slots * LONGS_PER_SLOT];
        latest = from - 1;
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    @Override
    public void begin() {
        sha256.reset();
    }

    @Override
    public void piece(ByteBuffer bytes) {
        sha256.update(bytes);
    }

    /// Notes the key shown last at this offset, which is above all before. False, and nothing changed, when the key is
    /// new and there is no room.
    boolean put(long offset) {
        int at = find();
        if (table[at + 2] == 0) {
            if (size == capacity) {
                return false;
            }
            size++;
            table[at] = hash.getLong(0);
            table[at + 1] = hash.getLong(8);
        }
        table[at + 2] = offset + 1;
        reached(offset);
        return true;
    }

    /// Everything up to this offset has been looked at.
    void reached(long offset) {
        latest = Math.max(latest, offset);
    }

    /// The newest offset of the key shown last, or -1 if it was not met.
    long newest() {
        return size == 0 ? -1 : table[find() + 2] - 1;
    }

    /// Last offset that is known; above it a newer record of any key may lie.
    public long latest() {
        return latest;
    }

    public int size() {
        return size;
    }

    private int find() {
        try {
            sha256.digest(digest, 0, digest.length);
        } catch (DigestException e) {
            throw new IllegalStateException("a SHA-256 has 32 bytes", e);
        }
        long high = hash.getLong(0);
        long low = hash.getLong(8);
        int slot = Math.floorMod(high, slots);
        while (true) {
            int at = slot * LONGS_PER_SLOT;
            if (table[at + 2] == 0 || (table[at] == high && table[at + 1] == low)) {
                return at;
            }
            slot = slot + 1 == slots ? 0 : slot + 1;
        }
    }
}
