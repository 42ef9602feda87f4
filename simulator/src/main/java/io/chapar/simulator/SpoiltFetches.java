package io.chapar.simulator;

import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// Bits that turn around between a broker's disk and its readers: a broker sends records as they stand in the page that
/// was read, and looks at none of them. Only bytes turn that a batch's checksum answers for.
final class SpoiltFetches {
    private static final int CHECKED_FROM = 21;
    private static final int SPOILT_IN_ONE_OF = 15;

    private final FaultCount faults;
    private final RandomGenerator random;
    private boolean known;

    /// @param known whether this world knows such a fault
    SpoiltFetches(World world, FaultCount faults, boolean known) {
        this.faults = faults;
        this.known = known;
        random = world.random("spoilt fetches");
    }

    /// From here on nothing is spoilt.
    void end() {
        known = false;
    }

    /// What reaches the client.
    ///
    /// @param response as it stands in the bytes, of which its records are slices
    byte[] onTheWay(Response response, byte[] bytes) {
        if (!known || !(response instanceof FetchResponse fetched) || random.nextInt(SPOILT_IN_ONE_OF) != 0) {
            return bytes;
        }
        List<ByteBuffer> batches = new ArrayList<>();
        fetched.responses().forEach(topic -> topic.partitions().forEach(partition -> {
            if (partition.records() instanceof BufferRecords(ByteBuffer records)) {
                for (RecordBatch batch : RecordBatches.of(records.duplicate())) {
                    batches.add(batch.bytes());
                }
            }
        }));
        if (batches.isEmpty()) {
            return bytes;
        }
        ByteBuffer batch = batches.get(random.nextInt(batches.size()));
        // The records themselves as often as what stands in front of them.
        int from = random.nextBoolean() && batch.remaining() > RecordBatch.HEADER_BYTES
                ? RecordBatch.HEADER_BYTES : CHECKED_FROM;
        int at = batch.arrayOffset() + batch.position() + from + random.nextInt(batch.remaining() - from);
        byte[] spoilt = bytes.clone();
        spoilt[at] ^= (byte) (1 << random.nextInt(Byte.SIZE));
        faults.count("bit flipped in what a fetch gave");
        return spoilt;
    }
}
