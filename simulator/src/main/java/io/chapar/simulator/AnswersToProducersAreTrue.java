package io.chapar.simulator;

import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;
import io.chapar.protocol.record.Sequences;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/// An acknowledged batch stands at the offset that the answer names, with its producer, epoch, sequence and records; so
/// does the first copy of one that came twice. What was next when it came, and still is when the answer leaves, was not
/// out of sequence; nor was what its leader had when it came again, and that is answered with its offset as long as it
/// is among its producer's last five. No answer carries the code for "unknown".
final class AnswersToProducersAreTrue extends Promise {
    private static final int WINDOW = 5;
    private static final UUID NO_ID = new UUID(0, 0);

    /// Acknowledged, and not seen yet.
    private record Unseen(RecordBatch batch, long offset) {}

    private final Map<GhostLog, List<Unseen>> unseen = new LinkedHashMap<>();

    AnswersToProducersAreTrue() {
        super("Answers to producers are true");
    }

    @Override
    void asked(SimulatedBroker broker, ServerConnection.Exchange exchange) {
        if (exchange.request() instanceof ProduceRequest request) {
            Map<Place, Then> then = new LinkedHashMap<>();
            for (ProduceRequest.TopicProduceData sent : request.topicData()) {
                for (ProduceRequest.PartitionProduceData data : sent.partitionData()) {
                    GhostLog log = log(broker, sent, data.index());
                    if (log != null && data.records() instanceof BufferRecords records) {
                        SeenReplica there = log.at(broker);
                        then.put(place(sent, data), new Then(isNext(log, batch(records)), there,
                                there == null ? 0 : there.partition().logEndOffset()));
                    }
                }
            }
            exchange.memo(then);
        }
    }

    /// What is known of a batch when its request comes. The answer leaves later, when all of the request's partitions
    /// have theirs; another copy may be written meanwhile, behind one that was refused.
    ///
    /// @param next whether it is next in its producer's order
    /// @param there what the broker has of the partition; null for nothing
    /// @param end where that ends
    private record Then(boolean next, @Nullable SeenReplica there, long end) {
        static final Then UNKNOWN = new Then(false, null, 0);

        /// Whether it was in the log already. A leader keeps what it has.
        boolean had(SeenReplica leader, SeenBatch batch) {
            return there == leader && batch.last() < end;
        }
    }

    private record Place(UUID topicId, String topic, int partition) {}

    private static Place place(ProduceRequest.TopicProduceData sent, ProduceRequest.PartitionProduceData data) {
        return new Place(sent.topicId(), sent.name(), data.index());
    }

    private static boolean isNext(GhostLog log, RecordBatch batch) {
        GhostLog.Producer producer = log.producers().get(batch.producerId());
        return producer != null && producer.epoch == batch.producerEpoch() && producer.lastSequence >= 0
                && batch.baseSequence() == Sequences.next(producer.lastSequence, 1);
    }

    private static RecordBatch batch(BufferRecords records) {
        return RecordBatches.single(records.bytes().duplicate());
    }

    private @Nullable GhostLog log(SimulatedBroker broker, ProduceRequest.TopicProduceData sent, int partition) {
        return sent.topicId().equals(NO_ID) ? ghosts().log(broker, new TopicPartition(sent.name(), partition))
                : ghosts().log(broker.cluster(), sent.topicId(), partition);
    }

    @Override
    void answered(SimulatedBroker broker, ServerConnection.Exchange exchange, Response response) {
        if (!(response instanceof ProduceResponse produced)
                || !(exchange.request() instanceof ProduceRequest request)) {
            return;
        }
        for (ProduceResponse.TopicProduceResponse topic : produced.responses()) {
            for (ProduceResponse.PartitionProduceResponse answer : topic.partitionResponses()) {
                if (answer.errorCode() == ErrorCode.UNKNOWN_SERVER_ERROR.code()) {
                    breach(broker.name() + " answers 'unknown server error' to a write");
                }
                if (answer.errorCode() == 0
                        || answer.errorCode() == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER.code()
                        || answer.errorCode() == ErrorCode.DUPLICATE_SEQUENCE_NUMBER.code()) {
                    check(broker, exchange, request, topic, answer);
                }
            }
        }
    }

    private void check(SimulatedBroker broker, ServerConnection.Exchange exchange, ProduceRequest request,
            ProduceResponse.TopicProduceResponse topic, ProduceResponse.PartitionProduceResponse answer) {
        for (ProduceRequest.TopicProduceData sent : request.topicData()) {
            boolean same = sent.topicId().equals(NO_ID) ? sent.name().equals(topic.name())
                    : sent.topicId().equals(topic.topicId());
            for (ProduceRequest.PartitionProduceData data : sent.partitionData()) {
                if (same && data.index() == answer.index() && data.records() instanceof BufferRecords records) {
                    Then then = exchange.memo() instanceof Map<?, ?> all && all.get(place(sent, data)) instanceof Then t
                            ? t : Then.UNKNOWN;
                    check(broker, log(broker, sent, data.index()), batch(records), answer, then, request.acks());
                }
            }
        }
    }

    private void check(SimulatedBroker broker, @Nullable GhostLog log, RecordBatch batch,
            ProduceResponse.PartitionProduceResponse answer, Then then, int acks) {
        if (log == null || ghosts().isLossy(log)) {
            return;
        }
        if (answer.errorCode() != 0) {
            String how = answer.errorCode() == ErrorCode.DUPLICATE_SEQUENCE_NUMBER.code()
                    ? "answered without its offset" : "refused as out of sequence";
            SeenReplica there = log.at(broker);
            if (there == null || !there.isLeading() || there.partition().logEndOffset() < log.end()) {
                // It answers for what it has, which is not all any more, or not yet.
                return;
            }
            // What is written and not committed yet, nobody has seen; it counts among the five all the same.
            boolean hasMore = there.partition().logEndOffset() > log.end();
            if (!hasMore) {
                notAmongTheLast(how, log, batch, then, there);
            }
            if (then.next() && isNext(log, batch) && !(hasMore && ghosts().swarm().replicated())) {
                breach(log.name() + ": " + how + " was " + batch + ", which is next");
            }
            return;
        }
        if (answer.baseOffset() < log.start() || (acks != -1 && ghosts().swarm().replicated())) {
            // What the leader alone has need not stay.
            return;
        }
        SeenBatch there = log.batches().get(answer.baseOffset());
        if (there == null && answer.baseOffset() >= log.end() && leadsNoMore(log.at(broker))) {
            // Since the very task in which it was committed: nobody has seen it yet.
            return;
        }
        if (there == null && answer.baseOffset() >= log.end() && isBeingIndexed(log.at(broker))) {
            // Its segment, the last one, cannot be read until its index has been built anew.
            unseen.computeIfAbsent(log, _ -> new ArrayList<>()).add(new Unseen(batch, answer.baseOffset()));
            return;
        }
        compare(log, batch, answer.baseOffset(), there);
    }

    private static boolean isBeingIndexed(@Nullable SeenReplica replica) {
        return replica != null && replica.isBeingIndexed();
    }

    /// What nobody could read when it was acknowledged is read now.
    @Override
    void folded(GhostLog log, SeenBatch seen) {
        List<Unseen> waiting = unseen.get(log);
        if (waiting == null || ghosts().isLossy(log)) {
            unseen.remove(log);
            return;
        }
        for (Unseen one : List.copyOf(waiting)) {
            if (one.offset() <= seen.last()) {
                waiting.remove(one);
                compare(log, one.batch(), one.offset(), log.batches().get(one.offset()));
            }
        }
    }

    private void compare(GhostLog log, RecordBatch batch, long offset, @Nullable SeenBatch there) {
        boolean right = there != null && there.isData() && there.producerId() == batch.producerId()
                && there.epoch() == batch.producerEpoch() && there.firstSequence() == batch.baseSequence()
                && there.last() - there.base() == batch.lastOffsetDelta();
        if (!right) {
            breach(log.name() + ": acknowledged at " + offset + " was " + batch + ", there is " + there);
        }
    }

    private static boolean leadsNoMore(@Nullable SeenReplica replica) {
        return replica != null && replica.partition().refusal() != ErrorCode.NONE;
    }

    /// A repetition of one of a producer's last five batches is no gap, and where it stands is known.
    private void notAmongTheLast(String what, GhostLog log, RecordBatch batch, Then then, SeenReplica leader) {
        int looked = 0;
        for (SeenBatch seen : log.batches().descendingMap().values()) {
            if (seen.producerId() == batch.producerId() && seen.isData()) {
                if (seen.epoch() == batch.producerEpoch() && seen.firstSequence() == batch.baseSequence()
                        && seen.lastSequence() == batch.lastSequence() && then.had(leader, seen)) {
                    breach(log.name() + ": " + what + " was " + seen + ", which is there");
                }
                if (++looked == WINDOW) {
                    return;
                }
            }
        }
    }
}
