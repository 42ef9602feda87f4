package io.chapar.protocol;

/// A run of record batches inside a message: bytes in memory ([BufferRecords]), or a range of a file that the
/// transport sends without reading it (the broker's own form).
public interface Records {
    int sizeInBytes();
}
