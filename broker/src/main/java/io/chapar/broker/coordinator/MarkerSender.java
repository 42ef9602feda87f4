package io.chapar.broker.coordinator;

import io.chapar.broker.coordinator.MarkerTransport.Addressed;
import io.chapar.broker.metrics.TxnMeters;
import io.chapar.broker.partition.MarkerAppend;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.MarkerResult;
import io.chapar.txn.Outcome;
import io.chapar.txn.TxnEffect;

import java.util.ArrayList;
import java.util.List;

/// Gathers the markers that the coordinators of one loop owe in one turn, whatever transactions they end, and sends
/// them together.
final class MarkerSender {
    private final Loop loop;
    private final MarkerTransport transport;
    private final TxnMeters meters;
    private List<Addressed> gathered = new ArrayList<>();
    private List<Origin> origins = new ArrayList<>();
    private boolean planned = false;

    MarkerSender(Loop loop, MarkerTransport transport, TxnMeters meters) {
        this.loop = loop;
        this.meters = meters;
        this.transport = transport;
    }

    void send(TxnPartitionCoordinator coordinator, int coordinatorEpoch, TxnEffect.SendMarkers markers) {
        MarkerAppend marker = new MarkerAppend(
                markers.producerId(),
                markers.producerEpoch(),
                coordinatorEpoch,
                markers.outcome() == Outcome.COMMIT,
                markers.version().level());
        for (TopicPartition partition : markers.partitions()) {
            gathered.add(new Addressed(partition, marker));
            origins.add(new Origin(coordinator, markers, partition));
            meters.markerSent();
        }
        if (!planned) {
            planned = true;
            loop.execute(this::flush);
        }
    }

    private void flush() {
        planned = false;
        List<Addressed> sent = gathered;
        List<Origin> askers = origins;
        gathered = new ArrayList<>();
        origins = new ArrayList<>();
        transport.send(sent, loop, (index, error, exists) -> {
            Origin origin = askers.get(index);
            meters.markerAnswered();
            origin.coordinator().markerAnswered(
                    origin.markers(), origin.partition(), MarkerResult.of(error, exists));
        });
    }

    private record Origin(
            TxnPartitionCoordinator coordinator, TxnEffect.SendMarkers markers, TopicPartition partition) {}
}
