package io.chapar.broker.net;

import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Loop;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ApiVersionsResponse;
import io.chapar.protocol.message.Request;

/// What stands behind the connections.
public interface RequestHost {
    /// Whether requests of this API and version are served.
    boolean serves(ApiKey api, short version);

    /// The answer to an ApiVersions request of a version that is not served, to be written in version 0.
    ApiVersionsResponse unsupportedVersion();

    /// A connection is no more, or takes no more requests; those that are under way are told by themselves. On its
    /// loop.
    ///
    /// @param connection as [RequestContext#connection]
    default void disconnected(Object connection, Loop loop) {}

    /// Begins the request, on the connection's loop. The context is answered now or later, once.
    void begin(Request request, RequestContext context);
}
