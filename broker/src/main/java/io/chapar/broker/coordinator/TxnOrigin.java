package io.chapar.broker.coordinator;

/// Who is behind a transactional id.
///
/// @param clientId as the client calls itself, possibly empty; as much of it as fits on a line, since it is remembered
/// @param host the address it connected from
public record TxnOrigin(String clientId, String host) {
    public TxnOrigin {
        clientId = RefusalLog.shown(clientId);
    }

    @Override
    public String toString() {
        return "client '" + clientId + "' at " + host;
    }
}
