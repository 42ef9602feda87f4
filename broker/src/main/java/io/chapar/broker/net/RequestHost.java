package io.chapar.broker.net;

import io.chapar.broker.handler.RequestContext;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.Request;

/// What stands behind the connections.
public interface RequestHost {
    /// Whether requests of this API and version are served.
    boolean serves(ApiKey api, short version);

    /// Begins the request, on the connection's loop. The context is answered now or later, once.
    void begin(Request request, RequestContext context);
}
