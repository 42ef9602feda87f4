package io.chapar.broker.handler;

import io.chapar.broker.request.RequestContext;

/// How a member's client is written down.
final class GroupClients {
    private GroupClients() {}

    /// With the slash that Kafka's tools show before an address.
    static String host(RequestContext context) {
        String host = context.clientHost();
        return host.startsWith("/") ? host : "/" + host;
    }
}
