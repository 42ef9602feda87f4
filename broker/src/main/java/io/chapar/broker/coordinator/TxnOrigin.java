package io.chapar.broker.coordinator;

/// Who is behind a transactional id.
///
/// @param clientId as the client calls itself, possibly empty
/// @param host the address it connected from
public record TxnOrigin(String clientId, String host) {
    @Override
    public String toString() {
        return "client '" + RefusalLog.shown(clientId) + "' at " + host;
    }
}
