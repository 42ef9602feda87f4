package io.chapar.txn;

/// Hands out producer ids from blocks that the metadata owner gives out once in the cluster's life.
///
/// At most two blocks are held: the one in use and the one behind it, asked for when a tenth of the first is left.
/// Ids that were taken and not used, or held at a crash, are lost and never given again. Shared by the coordinators of
/// one loop.
public final class ProducerIds {
    private static final int REFILL_DIVISOR = 10;

    private long next = 0;
    private long end = 0;
    private long behindFirst = 0;
    private long behindEnd = 0;
    private long refillBelow = 0;
    private long highestSeen = -1;
    private boolean fetching = false;

    /// The next id, or -1 when there is none until a block arrives.
    public long take() {
        if (next == end && behindFirst != behindEnd) {
            useBlockBehind();
        }
        return next == end ? TxnState.NO_PRODUCER_ID : next++;
    }

    public boolean isEmpty() {
        return next == end && behindFirst == behindEnd;
    }

    /// Whether a block is to be fetched now. True at most once until one was added: a fetch goes on until
    /// there is one.
    public boolean startFetch() {
        if (fetching || behindFirst != behindEnd || end - next > refillBelow) {
            return false;
        }
        fetching = true;
        return true;
    }

    /// @param first the block's lowest id, which lies beyond every block before
    public void add(long first, int count) {
        Check.that(first > highestSeen && count > 0, "a block of producer ids begins beyond the last", first);
        Check.that(behindFirst == behindEnd, "at most two blocks of producer ids", first);
        fetching = false;
        highestSeen = first + count - 1;
        behindFirst = first;
        behindEnd = first + count;
        if (next == end) {
            useBlockBehind();
        }
    }

    private void useBlockBehind() {
        next = behindFirst;
        end = behindEnd;
        refillBelow = (end - next) / REFILL_DIVISOR;
        behindFirst = 0;
        behindEnd = 0;
    }
}
