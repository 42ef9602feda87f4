package io.chapar.simulator;

import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;

import java.util.UUID;

/// An acknowledged batch stands at the offset that the answer names, with its producer, epoch, sequence and records; so does
/// the first copy of one that came twice. No answer carries the code for "unknown".
final class AnswersToProducersAreTrue extends Promise {
    private static final int WINDOW = 5;
    private static final UUID NO_ID = new UUID(0, 0);

    AnswersToProducersAreTrue() {
        super("Answers to producers are true");
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
                        || answer.errorCode() == ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER.code()) {
                    check(broker, request, topic, answer);
                }
            }
        }
    }

    private void check(SimulatedBroker broker, ProduceRequest request, ProduceResponse.TopicProduceResponse topic,
            ProduceResponse.PartitionProduceResponse answer) {
        for (ProduceRequest.TopicProduceData sent : request.topicData()) {
            boolean same = sent.topicId().equals(NO_ID) ? sent.name().equals(topic.name())
                    : sent.topicId().equals(topic.topicId());
            for (ProduceRequest.PartitionProduceData data : sent.partitionData()) {
                if (same && data.index() == answer.index() && data.records() instanceof BufferRecords records) {
                    check(broker, sent, RecordBatches.single(records.bytes().duplicate()), answer);
                }
            }
        }
    }

    private void check(SimulatedBroker broker, ProduceRequest.TopicProduceData sent, RecordBatch batch,
            ProduceResponse.PartitionProduceResponse answer) {
        GhostLog log = sent.topicId().equals(NO_ID)
                ? ghosts().log(broker, new io.chapar.protocol.TopicPartition(sent.name(), answer.index()))
                : ghosts().log(broker, sent.topicId(), answer.index());
        if (log == null || ghosts().isLossy(log)) {
            return;
        }
        if (answer.errorCode() != 0) {
            notAmongTheLast(log, batch);
            return;
        }
        if (answer.baseOffset() < log.start()) {
            return;
        }
        SeenBatch there = log.batches().get(answer.baseOffset());
        boolean right = there != null && there.isData() && there.producerId() == batch.producerId()
                && there.epoch() == batch.producerEpoch() && there.firstSequence() == batch.baseSequence()
                && there.last() - there.base() == batch.lastOffsetDelta();
        if (!right) {
            breach(log.name() + ": acknowledged at " + answer.baseOffset() + " was " + batch + ", there is " + there);
        }
    }

    /// A repetition of one of a producer's last five batches is no gap.
    private void notAmongTheLast(GhostLog log, RecordBatch batch) {
        int looked = 0;
        for (SeenBatch seen : log.batches().descendingMap().values()) {
            if (seen.producerId() == batch.producerId() && seen.isData()) {
                if (seen.epoch() == batch.producerEpoch() && seen.firstSequence() == batch.baseSequence()
                        && seen.lastSequence() == batch.lastSequence()) {
                    breach(log.name() + ": refused as out of sequence was " + seen + ", which is there");
                }
                if (++looked == WINDOW) {
                    return;
                }
            }
        }
    }
}
