package io.chapar.protocol.record;

import io.chapar.protocol.record.compress.GrowingBytes;
import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.List;

/// One behind the other, in the form that they have in a batch: whoever fills the batch reads memory in its order,
/// which is what counts where another thread has written it.
public final class PackedBodies implements RecordBodies {
    private final GrowingBytes bytes;
    /// Where each of the first `count` ends.
    private int[] ends;
    private int count;

    /// @param initialRecords for so many there is room
    /// @param initialBytes which take so many bytes together
    public PackedBodies(int initialRecords, int initialBytes) {
        ends = new int[Math.max(1, initialRecords)];
        bytes = new GrowingBytes(initialBytes);
    }

    public void add(byte @Nullable [] key, byte @Nullable [] value, List<Header> headers) {
        write(key);
        write(value);
        OneBody.writeTo(bytes, headers);
        end();
    }

    private void write(byte @Nullable [] some) {
        if (some == null) {
            bytes.writeVarint(-1);
        } else {
            bytes.writeVarint(some.length);
            bytes.write(some, 0, some.length);
        }
    }

    private void end() {
        if (count == ends.length) {
            ends = Arrays.copyOf(ends, 2 * ends.length);
        }
        ends[count++] = bytes.size();
    }

    public int count() {
        return count;
    }

    @Override
    public int sizeInBytes(int index) {
        return ends[index] - begin(index);
    }

    private int begin(int index) {
        return index == 0 ? 0 : ends[index - 1];
    }

    @Override
    public PackedBodies alone(int index) {
        PackedBodies own = new PackedBodies(1, sizeInBytes(index));
        writeTo(own.bytes, index);
        own.end();
        return own;
    }

    @Override
    public void writeTo(GrowingBytes out, int index) {
        out.write(bytes.array(), begin(index), sizeInBytes(index));
    }
}
