package io.chapar.protocol.record;

import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.TooLargeException;
import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/// The bytes behind a batch's header, plain, as a window that moves over them.
///
/// Uncompressed, the window is the batch itself. Otherwise it is one chunk of decompressed bytes at a time: a record
/// that does not fit into what is left of a chunk begins the next one, so that every record lies in one piece. A
/// chunk that was sliced is never written again, since records share it. A chunk grows beyond [#CHUNK_BYTES] only
/// as fast as bytes really come out of the decompressor, whatever lengths claim, and never past the bound.
final class RecordBytes implements AutoCloseable {
    static final int CHUNK_BYTES = 64 * 1024;
    private static final int MIN_CHUNK_BYTES = 1024;
    private static final int EXPECTED_RATIO = 4;

    private static final byte[] NO_CHUNK = {};

    private final int maxBytes;
    private ByteBuffer window;
    /// What the numbers and slices of one record may not read past.
    private int bound;
    private int position;
    private int end;

    /// Null when the bytes are not compressed, or all of them are out.
    private @Nullable InputStream more;
    /// Empty when the bytes are not compressed.
    private byte[] chunk;
    private boolean sliced;
    private long produced;

    private RecordBytes(ByteBuffer plain) {
        window = plain;
        end = plain.limit();
        bound = end;
        maxBytes = end;
        chunk = NO_CHUNK;
    }

    private RecordBytes(InputStream more, int firstChunkBytes, int maxBytes) {
        this.more = more;
        this.maxBytes = maxBytes;
        chunk = new byte[firstChunkBytes];
        window = ByteBuffer.wrap(chunk);
    }

    /// The payload begins at 0, being a slice.
    ///
    /// @param maxBlockBytes as [Compression#decompress] has it
    static RecordBytes of(Compression compression, ByteBuffer payload, int maxBytes, int maxBlockBytes) {
        if (compression == Compression.NONE || !payload.hasRemaining()) {
            return new RecordBytes(payload);
        }
        long expected = (long) payload.remaining() * EXPECTED_RATIO;
        int firstChunkBytes = (int) Math.min(CHUNK_BYTES, Math.max(MIN_CHUNK_BYTES, expected));
        try {
            return new RecordBytes(compression.decompress(payload, maxBlockBytes), firstChunkBytes, maxBytes);
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    /// Tries to have `wanted` bytes in the window and says how many there are: fewer only at the end of the bytes.
    int atLeast(int wanted) {
        while (end - position < wanted && more != null) {
            if (end == chunk.length) {
                makeRoom(wanted);
            }
            fill(more);
        }
        bound = end;
        return end - position;
    }

    private void makeRoom(int wanted) {
        int have = end - position;
        int size = Math.max(CHUNK_BYTES, (int) Math.min(wanted, 2L * have));
        byte[] full = chunk;
        if (sliced || size > full.length) {
            chunk = new byte[size];
            window = ByteBuffer.wrap(chunk);
            sliced = false;
        }
        System.arraycopy(full, position, chunk, 0, have);
        position = 0;
        end = have;
    }

    /// Decompresses until the chunk is full or nothing is left; in the usual case one call does it all and the
    /// decompressor's memory is given back at once.
    private void fill(InputStream from) {
        try {
            while (end < chunk.length) {
                int count = from.read(chunk, end, chunk.length - end);
                if (count < 0) {
                    close();
                    return;
                }
                end += count;
                produced += count;
                if (produced > maxBytes) {
                    throw new TooLargeException("batch decompresses to more than " + maxBytes + " bytes");
                }
            }
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    /// Fails unless every byte was taken. Leaves the window as it is.
    void requireEnd() {
        try {
            if (position < end || (more != null && more.read() >= 0)) {
                throw new MalformedMessageException("bytes are left over behind the last record");
            }
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    int position() {
        return position;
    }

    void position(int at) {
        position = at;
    }

    void bound(int at) {
        bound = at;
    }

    void unbound() {
        bound = end;
    }

    /// Bytes in the window, up to the bound.
    int bounded() {
        return bound - position;
    }

    void skip(int count) {
        if (count > bound - position) {
            throw new MalformedMessageException("length " + count + " where " + (bound - position) + " bytes remain");
        }
        position += count;
    }

    /// A length that may be -1 for null. It has not been compared with what remains.
    int nullableLength() {
        int length = varint();
        if (length < -1) {
            throw new MalformedMessageException("length " + length);
        }
        return length;
    }

    int length() {
        int length = varint();
        if (length < 0) {
            throw new MalformedMessageException("length " + length);
        }
        return length;
    }

    int varint() {
        if (position < bound) {
            byte first = window.get(position);
            if (first >= 0) {
                // One byte, or two, as nearly all lengths and deltas are.
                position++;
                return (first >>> 1) ^ -(first & 1);
            }
            if (position + 1 < bound) {
                byte second = window.get(position + 1);
                if (second >= 0) {
                    position += 2;
                    int bits = (first & 0x7F) | second << 7;
                    return (bits >>> 1) ^ -(bits & 1);
                }
            }
        }
        long value = varlong();
        if (value != (int) value) {
            throw new MalformedMessageException("varint " + value + " does not fit 32 bits");
        }
        return (int) value;
    }

    long varlong() {
        if (position < bound && window.get(position) >= 0) {
            long only = window.get(position++);
            return (only >>> 1) ^ -(only & 1);
        }
        long bits = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            if (position == bound) {
                throw new MalformedMessageException("varint runs past the end of its record");
            }
            byte next = window.get(position++);
            if (shift == 63 && next > 1) {
                break;
            }
            bits |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return (bits >>> 1) ^ -(bits & 1);
            }
        }
        throw new MalformedMessageException("varint is longer than 64 bits");
    }

    /// The next bytes, shared.
    ByteBuffer slice(int count) {
        int at = position;
        skip(count);
        return sliceAt(at, count);
    }

    ByteBuffer sliceAt(int at, int count) {
        sliced = true;
        return window.slice(at, count);
    }

    byte[] copyAt(int at, int count) {
        byte[] copy = new byte[count];
        window.get(at, copy);
        return copy;
    }

    byte next() {
        skip(1);
        return window.get(position - 1);
    }

    /// Copies the next bytes, which are in the window.
    void get(byte[] target, int count) {
        int at = position;
        skip(count);
        window.get(at, target, 0, count);
    }

    /// Bytes of the window, until something else is asked for.
    ByteBuffer lend(int at, int count) {
        return window.slice(at, count);
    }

    @Override
    public void close() {
        InputStream stream = more;
        more = null;
        if (stream != null) {
            try {
                stream.close();
            } catch (IOException e) {
                throw malformed(e);
            }
        }
    }

    private static MalformedMessageException malformed(IOException cause) {
        return new MalformedMessageException("compressed records are malformed: " + cause.getMessage(), cause);
    }
}
