package io.chapar.broker.net;

/// What one connection, and all of them together, may take.
///
/// @param maxFrameBytes largest request; a longer one closes the connection
/// @param maxConnections beyond it, new connections are closed at once
/// @param maxConnectionsPerIp the same of those from one address
/// @param firstRequestMs within this time of its beginning a connection has to have sent a whole request
/// @param maxIdleMs without any traffic a connection is closed after this time
/// @param maxWaitingFrames requests of one connection that have not begun; beyond it nothing more is read until some
///        have
/// @param maxWaitingBytes the same in bytes
/// @param maxElements of one request, over all its lists; one with more closes the connection
/// @param maxUnsentBytes answers of one connection that the client has not taken yet, each with what it takes beside
///        its bytes; beyond it no request is started
/// @param maxPipelined Produce requests of one connection that are under way at a time
/// @param maxPipelinedBytes the same in bytes; one alone may be larger
/// @param maxRoomWaitMs how long the rest of a large request is not read because others take all the memory that there
///        is for requests; then its connection is closed
/// @param minBytesPerSecond of a large request that arrives, or waits for one ahead, while others wait for the memory
///        that it takes; with less its connection is closed
public record ServerLimits(
        int maxFrameBytes,
        int maxConnections,
        int maxConnectionsPerIp,
        long firstRequestMs,
        long maxIdleMs,
        int maxWaitingFrames,
        int maxWaitingBytes,
        int maxElements,
        int maxUnsentBytes,
        int maxPipelined,
        int maxPipelinedBytes,
        long maxRoomWaitMs,
        int minBytesPerSecond) {

    /// Five times what a client with 10,000 partitions names.
    private static final int MAX_ELEMENTS = 50_000;
    private static final int MAX_PIPELINED = 16;
    private static final int MAX_PIPELINED_BYTES = 16 << 20;
    /// What an answer takes that is not sent yet, beside its bytes.
    static final int BYTES_PER_ANSWER = 1 << 10;
    /// As many answers as Produce requests are under way at a time travel together; little enough that 10,000 clients
    /// that take nothing do not matter.
    private static final int MAX_UNSENT_BYTES = 16 << 10;
    private static final int MAX_WAITING_FRAMES = MAX_PIPELINED;
    private static final int MAX_WAITING_BYTES = 64 << 10;
    /// Half of what clients wait for an answer, so that they hear of it and try again.
    private static final long MAX_ROOM_WAIT_MS = 15_000;

    public static ServerLimits of(int maxFrameBytes, int maxConnections, long maxIdleMs, int minBytesPerSecond) {
        return new ServerLimits(maxFrameBytes, maxConnections, Integer.MAX_VALUE, maxIdleMs, maxIdleMs,
                MAX_WAITING_FRAMES, MAX_WAITING_BYTES, MAX_ELEMENTS, MAX_UNSENT_BYTES, MAX_PIPELINED,
                MAX_PIPELINED_BYTES, MAX_ROOM_WAIT_MS, minBytesPerSecond);
    }

    public ServerLimits perAddress(int connections) {
        return new ServerLimits(maxFrameBytes, maxConnections, connections, firstRequestMs, maxIdleMs,
                maxWaitingFrames, maxWaitingBytes, maxElements, maxUnsentBytes, maxPipelined, maxPipelinedBytes,
                maxRoomWaitMs, minBytesPerSecond);
    }

    public ServerLimits askedWithin(long ms) {
        return new ServerLimits(maxFrameBytes, maxConnections, maxConnectionsPerIp, ms, maxIdleMs, maxWaitingFrames,
                maxWaitingBytes, maxElements, maxUnsentBytes, maxPipelined, maxPipelinedBytes, maxRoomWaitMs,
                minBytesPerSecond);
    }
}
