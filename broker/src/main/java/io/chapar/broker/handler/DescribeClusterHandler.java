package io.chapar.broker.handler;

import io.chapar.broker.request.RequestContext;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.DescribeClusterRequest;
import io.chapar.protocol.message.DescribeClusterResponse;
import io.chapar.protocol.message.DescribeClusterResponse.DescribeClusterBroker;

/// The brokers of the cluster. Versions 0-2.
///
/// v1 may ask for controllers instead of brokers (type 2), which have no address of their own here; v2 may ask for
/// fenced brokers too.
///
/// A message without an error says why the cluster's metadata cannot be changed at present.
final class DescribeClusterHandler {
    private static final byte BROKERS = 1;

    private final LocalBroker node;

    DescribeClusterHandler(LocalBroker node) {
        this.node = node;
    }

    void handle(DescribeClusterRequest request, RequestContext context) {
        if (request.endpointType() != BROKERS) {
            context.reply(DescribeClusterResponse.builder()
                    .errorCode((request.endpointType() == 2
                            ? ErrorCode.MISMATCHED_ENDPOINT_TYPE : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE).code())
                    .errorMessage("This address is a broker's.")
                    .endpointType(request.endpointType())
                    .clusterId("")
                    .build());
            return;
        }
        Directory directory = Directory.of(node, context);
        context.reply(DescribeClusterResponse.builder()
                .errorMessage(node.metadata().trouble())
                .clusterId(directory.image().clusterName())
                .controllerId(directory.controller())
                .brokers(directory.brokers(request.includeFencedBrokers()).stream()
                        .map(b -> new DescribeClusterBroker(b.id(), b.at().host(), b.at().port(),
                                directory.rack(b.id()), directory.isFenced(b.id())))
                        .toList())
                .clusterAuthorizedOperations(
                        request.includeClusterAuthorizedOperations() ? Operations.CLUSTER : Operations.NOT_ASKED)
                .build());
    }
}
