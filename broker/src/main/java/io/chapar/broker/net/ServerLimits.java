package io.chapar.broker.net;

/// What one connection, and all of them together, may take.
///
/// @param maxFrameBytes largest request; a longer one closes the connection
/// @param maxConnections beyond it, new connections are closed at once
/// @param maxIdleMs without any traffic a connection is closed after this time
/// @param maxWaitingFrames requests of one connection that wait for the one in progress; beyond it nothing more is
///        read until some are done
/// @param maxWaitingBytes the same in bytes
/// @param maxElements of one request, over all its lists; one with more closes the connection
/// @param maxUnsentBytes answers of one connection that the client has not taken yet; beyond it no request is started
public record ServerLimits(
        int maxFrameBytes,
        int maxConnections,
        long maxIdleMs,
        int maxWaitingFrames,
        int maxWaitingBytes,
        int maxElements,
        int maxUnsentBytes) {

    /// Five times what a client with 10,000 partitions names.
    private static final int MAX_ELEMENTS = 50_000;

    public static ServerLimits of(int maxFrameBytes, int maxConnections, long maxIdleMs) {
        return new ServerLimits(maxFrameBytes, maxConnections, maxIdleMs, 64, 1 << 20, MAX_ELEMENTS, 1 << 20);
    }
}
