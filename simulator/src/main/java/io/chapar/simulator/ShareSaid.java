package io.chapar.simulator;

import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.ShareAcknowledgeRequest;
import io.chapar.protocol.message.ShareAcknowledgeResponse;
import io.chapar.protocol.message.ShareFetchRequest;
import io.chapar.protocol.message.ShareFetchResponse;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/// What a member of a share group says of records, in either of the two requests that say so.
///
/// @param epoch of its session
/// @param forgotten what leaves the session
record ShareSaid(String member, int epoch, List<Part> forgotten, List<Range> ranges) {
    static final byte ACCEPT = 1;
    static final byte REJECT = 3;

    record Part(UUID topicId, int partition) {}

    /// @param types one for all, or one for each
    record Range(Part part, long first, long last, List<Byte> types) {}

    interface Visitor {
        void see(Part part, long offset, byte type);
    }

    void each(Visitor visitor) {
        for (Range range : ranges) {
            for (long offset = range.first(); offset <= range.last(); offset++) {
                int at = range.types().size() == 1 ? 0 : (int) (offset - range.first());
                visitor.see(range.part(), offset, range.types().get(at));
            }
        }
    }

    /// Null for all other requests.
    static @Nullable ShareSaid of(Request request) {
        List<Range> ranges = new ArrayList<>();
        List<Part> forgotten = new ArrayList<>();
        return switch (request) {
            case ShareFetchRequest fetch -> {
                fetch.topics().forEach(topic -> topic.partitions().forEach(one -> one.acknowledgementBatches()
                        .forEach(batch -> ranges.add(new Range(new Part(topic.topicId(), one.partitionIndex()),
                                batch.firstOffset(), batch.lastOffset(), batch.acknowledgeTypes())))));
                fetch.forgottenTopicsData().forEach(topic -> topic.partitions().forEach(one ->
                        forgotten.add(new Part(topic.topicId(), one))));
                yield new ShareSaid(Objects.requireNonNullElse(fetch.memberId(), ""), fetch.shareSessionEpoch(),
                        forgotten, ranges);
            }
            case ShareAcknowledgeRequest said -> {
                said.topics().forEach(topic -> topic.partitions().forEach(one -> one.acknowledgementBatches()
                        .forEach(batch -> ranges.add(new Range(new Part(topic.topicId(), one.partitionIndex()),
                                batch.firstOffset(), batch.lastOffset(), batch.acknowledgeTypes())))));
                yield new ShareSaid(Objects.requireNonNullElse(said.memberId(), ""), said.shareSessionEpoch(),
                        forgotten, ranges);
            }
            default -> null;
        };
    }

    /// Whether the answer says that all is well with what was said of the partition.
    static boolean isTaken(Response response, Part part) {
        return switch (response) {
            case ShareFetchResponse answer -> answer.errorCode() == 0 && answer.responses().stream()
                    .filter(topic -> topic.topicId().equals(part.topicId()))
                    .flatMap(topic -> topic.partitions().stream())
                    .anyMatch(one -> one.partitionIndex() == part.partition() && one.acknowledgeErrorCode() == 0);
            case ShareAcknowledgeResponse answer -> answer.errorCode() == 0 && answer.responses().stream()
                    .filter(topic -> topic.topicId().equals(part.topicId()))
                    .flatMap(topic -> topic.partitions().stream())
                    .anyMatch(one -> one.partitionIndex() == part.partition() && one.errorCode() == 0);
            default -> false;
        };
    }
}
