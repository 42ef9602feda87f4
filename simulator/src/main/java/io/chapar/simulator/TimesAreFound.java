package io.chapar.simulator;

import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ListOffsetsRequest;
import io.chapar.protocol.message.ListOffsetsResponse;
import io.chapar.protocol.message.Response;

import java.util.Map;
import java.util.TreeMap;

/// Who asks for a time is told the first record that has it or a later one, but where compaction has taken some.
final class TimesAreFound extends Promise {
    private static final byte COMMITTED = 1;

    TimesAreFound() {
        super("The first record of a time is found");
    }

    private record Asked(long timestamp, long readable) {}

    /// Remembers up to where the reader was to be told then at the least.
    @Override
    void asked(SimulatedBroker broker, ServerConnection.Exchange exchange) {
        if (!(exchange.request() instanceof ListOffsetsRequest request)) {
            return;
        }
        Map<TopicPartition, Asked> all = new TreeMap<>();
        for (ListOffsetsRequest.ListOffsetsTopic topic : request.topics()) {
            for (ListOffsetsRequest.ListOffsetsPartition one : topic.partitions()) {
                TopicPartition id = new TopicPartition(topic.name(), one.partitionIndex());
                GhostLog log = ghosts().log(broker, id);
                if (log != null && one.timestamp() >= 0) {
                    all.put(id, new Asked(
                            one.timestamp(), readable(log, broker, request.isolationLevel() == COMMITTED)));
                }
            }
        }
        exchange.memo(all);
    }

    private static long readable(GhostLog log, SimulatedBroker broker, boolean committed) {
        SeenReplica there = log.at(broker);
        if (there == null) {
            return 0;
        }
        long verified = committed ? Math.min(log.firstOpen(broker), there.verified()) : there.verified();
        // Who has heard of less than has been committed takes the more for undecided.
        return committed && there.verified() < log.end()
                ? Math.min(verified, there.partition().lastStableOffset()) : verified;
    }

    @Override
    void answered(SimulatedBroker broker, ServerConnection.Exchange exchange, Response response) {
        if (!(response instanceof ListOffsetsResponse answer) || !(exchange.memo() instanceof Map<?, ?> all)) {
            return;
        }
        for (ListOffsetsResponse.ListOffsetsTopicResponse topic : answer.topics()) {
            for (ListOffsetsResponse.ListOffsetsPartitionResponse told : topic.partitions()) {
                TopicPartition id = new TopicPartition(topic.name(), told.partitionIndex());
                GhostLog log = ghosts().log(broker, id);
                boolean known = log != null && log.bornUs() < exchange.begunUs() && !log.isCompacted()
                        && !ghosts().isLossy(log);
                if (log != null && known && told.errorCode() == 0 && all.get(id) instanceof Asked asked) {
                    check(log, asked, told.offset(), told.timestamp());
                }
            }
        }
    }

    private void check(GhostLog log, Asked asked, long offset, long timestamp) {
        if (offset >= 0 && offset < log.start()) {
            return;
        }
        long first = first(log, asked.timestamp(), offset < 0 ? asked.readable() : offset + 1);
        if (first != offset) {
            breach(log.name() + ": the first record of " + asked.timestamp() + " or later is at " + first
                    + ", told was " + offset + " of " + timestamp);
        }
    }

    /// The first one before `end`; -1 when there is none.
    private static long first(GhostLog log, long timestamp, long end) {
        for (SeenBatch batch : log.batches().headMap(end).values()) {
            if (batch.maxTimestamp() < timestamp || batch.last() < log.start()) {
                continue;
            }
            if (!batch.isData()) {
                return batch.base();
            }
            for (SeenBatch.SeenRecord record : batch.records()) {
                if (record.timestamp() >= timestamp && record.offset() >= log.start() && record.offset() < end) {
                    return record.offset();
                }
            }
        }
        return -1;
    }
}
