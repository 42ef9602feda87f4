package io.chapar.client.admin;

import java.nio.ByteBuffer;
import java.util.List;

/// A piece of a partition's log as its leader has it.
///
/// @param start of the log
/// @param stable where readers of committed records stop: the first offset that an open transaction may have
/// @param end the next offset that is known to be replicated
/// @param records whole batches, unchecked, and maybe the beginning of another
/// @param aborted what reaches into them, by first offset; empty where uncommitted records were asked for, too
public record LogSlice(long start, long stable, long end, ByteBuffer records, List<Aborted> aborted) {
    public LogSlice {
        aborted = List.copyOf(aborted);
    }

    /// The producer's records from this offset to its next marker were aborted.
    public record Aborted(long producerId, long firstOffset) {
    }
}
