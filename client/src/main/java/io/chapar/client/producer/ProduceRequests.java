package io.chapar.client.producer;

import io.chapar.client.metadata.Metadata;
import io.chapar.transport.CallResult;
import io.chapar.transport.Node;
import io.chapar.transport.Transport;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/// Puts batches that may leave together into requests to the partitions' leaders. On the loop only.
///
/// - No broker has more than `max.in.flight.requests.per.connection` requests unanswered.
/// - No request is larger than `max.request.size`, unless by a single batch.
/// - A batch leaves only when its queue, its number and its transaction let it.
final class ProduceRequests {
    private final Transport transport;
    private final Metadata metadata;
    private final ProducerConfig config;
    private final PartitionQueues queues;
    private final Numbering numbering;
    private final TxnLink txn;
    private final BiConsumer<ProduceCall, CallResult> answered;
    private final Map<Integer, Integer> inFlight = new TreeMap<>();

    ProduceRequests(Transport transport, Metadata metadata, ProducerConfig config, PartitionQueues queues,
            Numbering numbering, TxnLink txn, BiConsumer<ProduceCall, CallResult> answered) {
        this.transport = transport;
        this.metadata = metadata;
        this.config = config;
        this.queues = queues;
        this.numbering = numbering;
        this.txn = txn;
        this.answered = answered;
    }

    /// Sends all that may leave. Each round takes at most one batch of each partition; the limit of unanswered requests
    /// ends it.
    void send(long lingerMs, long nowMs) {
        boolean sent = true;
        while (sent) {
            sent = sendRound(lingerMs, nowMs);
        }
    }

    private boolean sendRound(long lingerMs, long nowMs) {
        Map<Node, ProduceCall> calls = new LinkedHashMap<>();
        for (PartitionQueue queue : queues.active()) {
            if (queue.isDisturbed()) {
                numbering.settle(queue);
                queues.taken(queue);
            }
            Batch batch = queue.sendable(numbering.identity(), lingerMs, nowMs);
            if (batch == null) {
                continue;
            }
            Node leader = metadata.view().leader(queue.partition().topic(), queue.partition().partition());
            if (leader == null) {
                metadata.refresh();
                continue;
            }
            if (!hasRoom(leader, calls.get(leader), batch) || !txn.maySend(queue.partition())) {
                continue;
            }
            queue.leave(batch, numbering.identity());
            calls.computeIfAbsent(leader, node -> new ProduceCall(config)).add(batch);
            queues.next(queue);
        }
        calls.forEach(this::send);
        return !calls.isEmpty();
    }

    /// `call` is null when this round has none to that broker yet.
    private boolean hasRoom(Node leader, @Nullable ProduceCall call, Batch batch) {
        return call == null ? inFlight.getOrDefault(leader.id(), 0) < config.maxInFlight()
                : call.sizeInBytes() + batch.sizeInBytes() <= config.maxRequestSize();
    }

    private void send(Node node, ProduceCall call) {
        inFlight.merge(node.id(), 1, Integer::sum);
        transport.send(node, call.toCall(metadata.view(), txn.isV2()), outcome -> {
            inFlight.merge(node.id(), -1, Integer::sum);
            answered.accept(call, outcome);
        });
    }
}
