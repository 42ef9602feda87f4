package io.chapar.transport;

/// How connections are made, kept and given up; times in milliseconds.
///
/// `maxFrameBytes` bounds an answer: a longer one closes the connection. `maxQueuedCalls` bounds what waits for or is
/// in flight on one connection: a call beyond it ends at once as "not sent". `versionsTimeoutMs`: how long a node may
/// take to name its versions.
public record ConnectionSettings(
        String clientId,
        int connectTimeoutMs,
        int versionsTimeoutMs,
        int reconnectBackoffMs,
        int reconnectBackoffMaxMs,
        int maxIdleMs,
        int maxFrameBytes,
        int maxQueuedCalls) {
}
