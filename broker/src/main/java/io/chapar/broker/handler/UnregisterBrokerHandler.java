package io.chapar.broker.handler;

import io.chapar.broker.metadata.MetadataCommand.Outcome;
import io.chapar.broker.metadata.MetadataCommand.RemoveBroker;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.NotCommitted;
import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.message.UnregisterBrokerRequest;
import io.chapar.protocol.message.UnregisterBrokerResponse;

/// Forgets a broker that is gone for good. Version 0. Unlike Kafka this refuses while the broker is in session, and
/// while it has replicas: nobody is left with partitions that wait for it for ever.
final class UnregisterBrokerHandler {
    private final LocalBroker node;

    UnregisterBrokerHandler(LocalBroker node) {
        this.node = node;
    }

    void handle(UnregisterBrokerRequest request, RequestContext context) {
        node.metadata().propose(new RemoveBroker(request.brokerId()), context.loop(), proposed -> {
            Outcome outcome = switch (proposed) {
                case Committed<Outcome>(Outcome result) -> result;
                case NotCommitted<Outcome> not -> new Outcome(not.error(), not.reason());
            };
            context.reply(UnregisterBrokerResponse.builder()
                    .errorCode(outcome.error().code()).errorMessage(outcome.message()).build());
        });
    }
}
