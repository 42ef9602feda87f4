package io.chapar.processor;

import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.protocol.TopicPartition;

import java.util.Map;

/// What the cycle needs of a producer. Failures are [io.chapar.client.ChaparException]; the transactional calls are
/// made in `EXACTLY_ONCE` alone.
interface RecordSink {
    /// A sink ready to write. With the same name it fences its predecessor, whose open transaction is decided before
    /// this returns.
    interface Factory {
        RecordSink open();
    }

    void begin();

    /// May return before the record is written; what becomes of it shows in [#flush] at the latest.
    void send(SinkRecord record);

    /// Returns when everything sent has been written; throws the first failure since the last flush, and forgets it.
    void flush();

    void stage(Map<TopicPartition, OffsetAndMetadata> positions, GroupMetadata group);

    void commit();

    void abort();

    /// Does not throw. An open transaction is aborted if that can be done soon.
    void close();
}
