package io.chapar.broker.handler;

import io.chapar.broker.budget.LogBudget;
import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.coordinator.MarkerTransport;
import io.chapar.broker.coordinator.MarkerTransport.Addressed;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.MarkerAppend;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Slices;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.WriteTxnMarkersRequest;
import io.chapar.protocol.message.WriteTxnMarkersRequest.WritableTxnMarker;
import io.chapar.protocol.message.WriteTxnMarkersRequest.WritableTxnMarkerTopic;
import io.chapar.protocol.message.WriteTxnMarkersResponse;
import io.chapar.protocol.message.WriteTxnMarkersResponse.WritableTxnMarkerPartitionResult;
import io.chapar.protocol.message.WriteTxnMarkersResponse.WritableTxnMarkerResult;
import io.chapar.protocol.message.WriteTxnMarkersResponse.WritableTxnMarkerTopicResult;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.ArrayList;
import java.util.List;

/// Writes markers that a coordinator elsewhere, or an administrator, asks for. Versions 1-2; v2 names the transaction
/// version by which the marker's epoch is judged.
///
/// A partition remembers the highest coordinator epoch it has met and refuses lower ones. So a marker of an epoch that
/// no coordinator has reached yet is refused here: it would shut the true coordinator out of its own transactions.
final class WriteTxnMarkersHandler {
    private static final Logger LOG = LoggerFactory.getLogger(WriteTxnMarkersHandler.class);
    private static final LogBudget LINES = new LogBudget(1);

    /// Written in one turn of their partitions' loops.
    private static final int MARKERS_AT_ONCE = 500;

    private final LocalBroker node;
    private final MarkerTransport markers;

    WriteTxnMarkersHandler(LocalBroker node, MarkerTransport markers) {
        this.node = node;
        this.markers = markers;
    }

    void handle(WriteTxnMarkersRequest request, RequestContext context) {
        List<Addressed> addressed = new ArrayList<>();
        for (WritableTxnMarker marker : request.markers()) {
            MarkerAppend append = new MarkerAppend(
                    marker.producerId(), marker.producerEpoch(), marker.coordinatorEpoch(),
                    marker.transactionResult(), marker.transactionVersion(),
                    !context.principal().equals(Caller.BROKER));
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
        List<Addressed> sent = new ArrayList<>();
        List<Integer> places = new ArrayList<>();
        int highestEpoch = highestCoordinatorEpoch();
        boolean refused = false;
        for (int i = 0; i < errors.length; i++) {
            if (!isOfABroker(context) && addressed.get(i).marker().coordinatorEpoch() > highestEpoch) {
                errors[i] = ErrorCode.INVALID_REQUEST;
                refused = true;
            } else if (isNobodys(addressed.get(i).marker().producerId(), context)) {
                errors[i] = ErrorCode.INVALID_PRODUCER_ID_MAPPING;
            } else {
                sent.add(addressed.get(i));
                places.add(i);
            }
        }
        if (refused) {
            warn(context, highestEpoch);
        }
        if (sent.isEmpty()) {
            context.reply(answer(request, errors));
            return;
        }
        int[] before = {0};
        Slices.inTurn(context.loop(), Slices.chunks(sent, MARKERS_AT_ONCE), _ -> Slices.COST_PER_TURN,
                (some, next) -> {
                    int[] left = {some.size()};
                    int first = before[0];
                    before[0] += some.size();
                    markers.send(some, context.loop(), (index, error, exists) -> {
                        errors[places.get(first + index)] = error;
                        if (--left[0] == 0) {
                            next.run();
                        }
                    });
                },
                () -> context.reply(answer(request, errors)));
    }

    /// A coordinator's markers are for ids that the cluster gave it, and bear the epoch that the cluster gave it,
    /// whether this broker has heard of that or not.
    private static boolean isOfABroker(RequestContext context) {
        return context.principal().equals(Caller.BROKER);
    }

    private boolean isNobodys(long producerId, RequestContext context) {
        return !isOfABroker(context) && producerId >= node.image().nextProducerId();
    }

    /// At most once a second, however often somebody tries.
    private void warn(RequestContext context, int highestEpoch) {
        String end = LINES.line(context.nowMs());
        if (end != null) {
            LOG.warn("Refused markers from {}: they bear a coordinator epoch above {}, the highest there is{}",
                    context.origin(), highestEpoch, end);
        }
    }

    /// Markers do not say whose transaction they end, so the bound is that of all coordinators. 0 is what tools send
    /// that know of none.
    private int highestCoordinatorEpoch() {
        TopicImage topic = node.image().topic(CoordinatorKeys.TRANSACTION_STATE);
        return topic == null ? 0 : topic.all().stream().mapToInt(PartitionImage::leaderEpoch).max().orElse(0);
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
