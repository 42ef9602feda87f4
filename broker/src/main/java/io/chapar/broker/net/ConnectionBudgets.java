package io.chapar.broker.net;

/// What all connections of a broker share.
///
/// @param frames bytes of requests from the first that arrived until their request is done
/// @param requests elements of requests from being read to being answered
/// @param answers elements of answers from being built to being sent
/// @param waiting what requests keep that wait for as long as their clients want
public record ConnectionBudgets(
        SharedBudget frames, SharedBudget requests, SharedBudget answers, SharedBudget waiting) {
    /// Up to this size a frame is none of the budget's business.
    static final int SMALL_FRAME = 1 << 14;
    private static final int SMALLEST_FRAME = 1 << 10;
    /// Up to so many elements, a request is read, and an answer built, without asking: ordinary clients never wait.
    static final int SMALL_ELEMENTS = 500;
    /// Up to so many things, a request waits without asking: 10,000 of them take no more than all others may.
    static final int FEW_TO_KEEP = 16;
    /// What an element of a message may take of the heap, with the strings and lists in it.
    static final int BYTES_PER_ELEMENT = 256;

    /// A quarter of the heap each for requests and answers, an eighth for those that wait; half of what may be taken
    /// outside of it for frames.
    public static ConnectionBudgets of(long heapBytes, long directBytes) {
        return new ConnectionBudgets(SharedBudget.halfForTheLine(directBytes / 2), elements(heapBytes / 4),
                elements(heapBytes / 4), elements(heapBytes / 8));
    }

    /// What all connections of a loop keep of small things before that is too much: an eighth, over all loops, of what
    /// may be taken outside of the heap.
    public static KeptBytes kept(long directBytes, int loops) {
        return new KeptBytes(directBytes / 8 / loops);
    }

    /// Buffers of a loop that may be held while requests that came in them are under way: a sixteenth, over all loops,
    /// of what may be taken outside of the heap.
    static int mostReceiving(long directBytes, int loops) {
        return Math.clamp(directBytes / 16 / ReceiveBuffer.BYTES / loops, 1, Integer.MAX_VALUE);
    }

    /// One of it for each connection fits into a quarter of what frames may take.
    static int smallFrame(long frameBytes, int maxConnections) {
        return Math.clamp(frameBytes / 4 / maxConnections, SMALLEST_FRAME, SMALL_FRAME);
    }

    private static SharedBudget elements(long heapBytes) {
        return new SharedBudget(heapBytes / BYTES_PER_ELEMENT);
    }
}
