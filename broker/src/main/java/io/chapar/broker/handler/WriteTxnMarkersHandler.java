package io.chapar.broker.handler;

import io.chapar.broker.coordinator.MarkerTransport;
import io.chapar.broker.coordinator.MarkerTransport.Addressed;
import io.chapar.broker.partition.MarkerAppend;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.WriteTxnMarkersRequest;
import io.chapar.protocol.message.WriteTxnMarkersRequest.WritableTxnMarker;
import io.chapar.protocol.message.WriteTxnMarkersRequest.WritableTxnMarkerTopic;
import io.chapar.protocol.message.WriteTxnMarkersResponse;
import io.chapar.protocol.message.WriteTxnMarkersResponse.WritableTxnMarkerPartitionResult;
import io.chapar.protocol.message.WriteTxnMarkersResponse.WritableTxnMarkerResult;
import io.chapar.protocol.message.WriteTxnMarkersResponse.WritableTxnMarkerTopicResult;

import java.util.ArrayList;
import java.util.List;

/// Writes markers that a coordinator elsewhere, or an administrator, asks for. Versions 1-2; v2 names the transaction
/// version by which the marker's epoch is judged.
final class WriteTxnMarkersHandler {
    private final MarkerTransport markers;

    WriteTxnMarkersHandler(MarkerTransport markers) {
        this.markers = markers;
    }

    void handle(WriteTxnMarkersRequest request, RequestContext context) {
        List<Addressed> addressed = new ArrayList<>();
        for (WritableTxnMarker marker : request.markers()) {
            MarkerAppend append = new MarkerAppend(
                    marker.producerId(), marker.producerEpoch(), marker.coordinatorEpoch(),
                    marker.transactionResult(), marker.transactionVersion());
            for (WritableTxnMarkerTopic topic : marker.topics()) {
                topic.partitionIndexes().forEach(index ->
                        addressed.add(new Addressed(new TopicPartition(topic.name(), index), append)));
            }
        }
        if (addressed.isEmpty()) {
            context.reply(answer(request, new ErrorCode[0]));
            return;
        }
        ErrorCode[] errors = new ErrorCode[addressed.size()];
        int[] left = {errors.length};
        markers.send(addressed, context.loop(), (index, error, exists) -> {
            errors[index] = error;
            if (--left[0] == 0) {
                context.reply(answer(request, errors));
            }
        });
    }

    private static WriteTxnMarkersResponse answer(WriteTxnMarkersRequest request, ErrorCode[] errors) {
        List<WritableTxnMarkerResult> results = new ArrayList<>();
        int next = 0;
        for (WritableTxnMarker marker : request.markers()) {
            List<WritableTxnMarkerTopicResult> topics = new ArrayList<>();
            for (WritableTxnMarkerTopic topic : marker.topics()) {
                List<WritableTxnMarkerPartitionResult> partitions = new ArrayList<>();
                for (int index : topic.partitionIndexes()) {
                    partitions.add(new WritableTxnMarkerPartitionResult(index, errors[next++].code()));
                }
                topics.add(new WritableTxnMarkerTopicResult(topic.name(), partitions));
            }
            results.add(new WritableTxnMarkerResult(marker.producerId(), topics));
        }
        return WriteTxnMarkersResponse.builder().markers(results).build();
    }
}
