package io.chapar.processor;

import io.chapar.client.UsageException;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Base64;
import java.util.BitSet;

/// Which records are finished though the position of their partition is below them, since an earlier one is not. It
/// goes along with the position as its metadata, so that whoever goes on there passes them over.
///
/// ```
/// metadata    nothing, or "chapar-finished-1:" and in base 64 one of (the shorter one)
///               'r' | varint ...   how many are not finished from the position on, how many are then, and so on
///               'b' | bytes        a bit for each offset from the position on
/// ```
/// With [#SPAN] offsets at most it takes less than what brokers keep of metadata if not told otherwise
/// (`offset.metadata.max.bytes`, 4,096).
final class FinishedAbove {
    /// Records are finished below the position and so many offsets alone.
    static final int SPAN = 16_384;
    private static final String OURS = "chapar-finished-";
    private static final String PREFIX = OURS + "1:";
    private static final int LOW_BITS = 0x7f;
    private static final int MORE = 0x80;
    private static final int BITS_EACH = 7;

    private long base;
    /// From `base` on.
    private BitSet finished = new BitSet();

    /// None above this position.
    FinishedAbove(long base) {
        this.base = base;
    }

    /// [UsageException] when it was written by a version that does it in another way. What others have written there
    /// says nothing.
    static FinishedAbove read(long position, String committed) {
        FinishedAbove read = new FinishedAbove(position);
        // A position of a database, if the mode has been changed since.
        String metadata = MirrorMark.own(committed);
        if (metadata.startsWith(PREFIX)) {
            try {
                read.finished = bits(Base64.getDecoder().decode(metadata.substring(PREFIX.length())));
            } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                throw new UsageException("The metadata of a committed position cannot be read: " + metadata);
            }
        } else if (metadata.startsWith(OURS)) {
            throw new UsageException("A position was committed by a later version of this application's SDK, which"
                    + " this one does not understand: " + metadata);
        }
        return read;
    }

    private static BitSet bits(byte[] bytes) {
        BitSet bits = new BitSet();
        if (bytes[0] == 'b') {
            bits = BitSet.valueOf(Arrays.copyOfRange(bytes, 1, bytes.length));
        } else if (bytes[0] == 'r') {
            int at = 0;
            boolean set = false;
            for (int next = 1; next < bytes.length;) {
                int length = 0;
                int shift = 0;
                do {
                    length |= (bytes[next] & LOW_BITS) << shift;
                    shift += BITS_EACH;
                } while ((bytes[next++] & MORE) != 0);
                if (length < 0 || length > SPAN - at) {
                    throw new IllegalArgumentException("Runs of more than " + SPAN);
                }
                bits.set(at, at + length, set);
                at += length;
                set = !set;
            }
        } else {
            throw new IllegalArgumentException("Neither runs nor bits");
        }
        if (bits.length() > SPAN) {
            throw new IllegalArgumentException("More than " + SPAN);
        }
        return bits;
    }

    boolean contains(long offset) {
        return offset >= base && offset - base < SPAN && finished.get(Math.toIntExact(offset - base));
    }

    /// The position to which this was advanced last.
    long base() {
        return base;
    }

    /// The offset is not below the position, and less than [#SPAN] above it.
    void add(long offset) {
        if (offset < base || offset - base >= SPAN) {
            throw new IllegalArgumentException("Offset " + offset + " is too far from position " + base);
        }
        finished.set(Math.toIntExact(offset - base));
    }

    /// What is below does not matter any more.
    void advanceTo(long position) {
        if (position > base) {
            if (!finished.isEmpty()) {
                long by = position - base;
                finished = by >= finished.length() ? new BitSet()
                        : finished.get(Math.toIntExact(by), finished.length());
            }
            base = position;
        }
    }

    /// Of the position to which this was advanced last.
    String metadata() {
        if (finished.isEmpty()) {
            return "";
        }
        byte[] runs = runs();
        byte[] bits = finished.toByteArray();
        byte[] shorter = runs.length < bits.length ? runs : bits;
        byte[] bytes = new byte[shorter.length + 1];
        bytes[0] = (byte) (runs.length < bits.length ? 'r' : 'b');
        System.arraycopy(shorter, 0, bytes, 1, shorter.length);
        return PREFIX + Base64.getEncoder().withoutPadding().encodeToString(bytes);
    }

    private byte[] runs() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        boolean set = false;
        for (int at = 0; at < finished.length();) {
            int end = set ? finished.nextClearBit(at) : finished.nextSetBit(at);
            int length = end - at;
            while (length > LOW_BITS) {
                out.write((length & LOW_BITS) | MORE);
                length >>>= BITS_EACH;
            }
            out.write(length);
            at = end;
            set = !set;
        }
        return out.toByteArray();
    }
}
