package io.chapar.protocol.record;

import io.chapar.protocol.record.compress.GrowingBytes;

/// What records say, on its way into batches, which take it over as it is:
///
/// ```
/// body  key length varint | key | value length varint | value | header count varint | headers
/// ```
/// Each has a number, counted from 0.
public sealed interface RecordBodies permits PackedBodies, OneBody {
    int sizeInBytes(int index);

    void writeTo(GrowingBytes out, int index);

    /// The one with this number, as number 0 of others that keep nothing else in memory.
    RecordBodies alone(int index);
}
