package io.chapar.simulator;

import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.Response;

import java.util.Map;
import java.util.TreeMap;

/// A producer id belongs to one transactional id, or to one producer without, for the life of the cluster; and nobody
/// is ever given the epoch that fences the last one.
final class ProducerIdsAreNobodyElses extends Promise {
    private final Map<Integer, Map<Long, String>> owners = new TreeMap<>();
    private int anonymous;

    ProducerIdsAreNobodyElses() {
        super("A producer id is given to one producer only");
    }

    @Override
    void answered(SimulatedBroker broker, ServerConnection.Exchange exchange, Response response) {
        if (!(response instanceof InitProducerIdResponse answer) || answer.errorCode() != 0
                || !(exchange.request() instanceof InitProducerIdRequest request)) {
            return;
        }
        if (answer.producerEpoch() == Short.MAX_VALUE || answer.producerEpoch() < 0 || answer.producerId() < 0) {
            breach(broker.name() + " gave " + answer);
        }
        boolean again = request.transactionalId() == null && request.producerId() == answer.producerId();
        String owner = request.transactionalId() != null ? "id " + request.transactionalId()
                : again ? null : "producer " + ++anonymous;
        Map<Long, String> known = owners.computeIfAbsent(broker.cluster().number(), _ -> new TreeMap<>());
        String before = owner == null ? null : known.putIfAbsent(answer.producerId(), owner);
        if (before != null && !before.equals(owner) && !ghosts().isLossy()) {
            breach(broker.name() + " gave producer id " + answer.producerId() + " to " + owner + ", and before to "
                    + before);
        }
    }
}
