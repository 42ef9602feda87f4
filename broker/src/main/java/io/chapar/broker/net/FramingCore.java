package io.chapar.broker.net;

import io.chapar.broker.runtime.Loop;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;

/// Cuts what a client sends into frames: a length, i32, and that many bytes. On the connection's loop.
///
/// A frame that arrived whole stays where it was received. One that did not is gathered in a buffer that grows with
/// what really arrives, so that a claimed length costs nothing. The larger ones of those share a budget: where it has
/// no room for more, what has arrived is kept, and no more should be read until there is room for all of the rest. So
/// a frame waits once, and what has come out of the line is never held by one that waits.
///
/// What has arrived beyond the frames that are wanted stays uncut: a frame by itself takes far more than its bytes.
final class FramingCore<B> {
    /// Shorter than any request: API key, version and correlation id.
    private static final int SHORTEST = 8;
    private static final int LENGTH_BYTES = 4;
    private static final int SMALLEST_BUFFER = 256;
    /// A frame that has begun to arrive gets a buffer of at most so many times what is there.
    private static final int HEAD_START = 4;
    private static final int NONE = -1;

    interface Out<B> {
        /// @param charged what the frame has taken of the budget, from now on the receiver's to give back
        void frame(B frame, int charged);

        /// Whether further frames are wanted now; where they were not, [#goOn] says when they are.
        boolean wantsMore();

        /// Nothing that comes on this connection can be understood any more.
        void broken(String reason);

        /// The frame that arrives has begun to take of the budget.
        void takesRoom();

        /// The frame waits for room, so that nothing more should be read.
        void waitsForRoom();

        /// The wait is over: there is room for the rest of the frame.
        ///
        /// @param bytes of it that have not arrived
        void roomCame(int bytes);

        /// The wait is over, since the rest arrived all the same, or never will.
        void waitsNoMore();
    }

    private final FrameMemory<B> memory;
    private final int maxFrameBytes;
    private final int small;
    private final SharedBudget budget;
    private final KeptBytes kept;
    private final Loop loop;
    private final Out<B> out;
    /// The length of the frame that is arriving, without itself; NONE while that is not known.
    private int length = NONE;
    private int prefix;
    private int prefixBytes;
    /// The frame being gathered; null while nothing of it is there.
    private @Nullable B partial;
    private int have;
    private int charged;
    /// What the frame being gathered takes while it takes nothing of the budget.
    private int keptOfPartial;
    /// Null while nothing is waited for.
    private SharedBudget.@Nullable Wait wait;
    /// Counts waits: room that comes for an earlier one is nobody's any more.
    private int waits;
    /// In the order in which it came.
    private final ArrayDeque<B> uncut = new ArrayDeque<>();
    private boolean cutting;
    private boolean over;

    FramingCore(ConnectionSetup<B> setup, Out<B> out) {
        this.memory = setup.memory();
        this.maxFrameBytes = setup.limits().maxFrameBytes();
        this.small = setup.smallFrame();
        this.budget = setup.budgets().frames();
        this.kept = setup.kept();
        this.loop = setup.loop();
        this.out = out;
    }

    /// Takes the bytes over.
    void received(B in) {
        if (uncut.isEmpty() && isUsedUp(in)) {
            memory.release(in);
        } else {
            B own = memory.compact(in);
            uncut.add(own);
            kept.keep(memory.capacity(own));
        }
    }

    /// Cuts what is uncut, as far as frames are wanted.
    void goOn() {
        while (!cutting && !uncut.isEmpty() && isUsedUp(uncut.peek())) {
            B cut = uncut.remove();
            kept.letGo(memory.capacity(cut));
            memory.release(cut);
        }
    }

    /// Cuts it; false when something is left.
    private boolean isUsedUp(B in) {
        cutting = true;
        try {
            while (!over && memory.readable(in) > 0) {
                if (!out.wantsMore()) {
                    return false;
                }
                if (length != NONE || lengthArrived(in)) {
                    cut(in, memory.readable(in));
                }
            }
            return true;
        } finally {
            cutting = false;
        }
    }

    private void cut(B in, int there) {
        if (have == 0 && there >= length) {
            whole(memory.cut(in, length), length > small ? length : 0);
        } else if (there > 0) {
            gather(in, Math.min(there, length - have));
        }
    }

    /// False when it has not, or is none.
    private boolean lengthArrived(B in) {
        if (prefixBytes == 0 && memory.readable(in) >= LENGTH_BYTES) {
            return begin(memory.readInt(in));
        }
        while (memory.readable(in) > 0) {
            prefix = (prefix << Byte.SIZE) | (memory.readByte(in) & 0xff);
            if (++prefixBytes == LENGTH_BYTES) {
                prefixBytes = 0;
                return begin(prefix);
            }
        }
        return false;
    }

    private boolean begin(int claimed) {
        long most = Math.min(maxFrameBytes, Math.max(budget.limit(), small));
        if (claimed < SHORTEST || claimed > most) {
            over = true;
            out.broken("a frame of " + claimed + " bytes, where " + SHORTEST + " to " + most + " are allowed");
            return false;
        }
        length = claimed;
        return true;
    }

    private void whole(B frame, int bytes) {
        budget.takeAnyway(bytes - charged);
        length = NONE;
        have = 0;
        charged = 0;
        partial = null;
        keepOfPartial(0);
        out.frame(frame, bytes);
    }

    private void gather(B in, int now) {
        if (partial == null) {
            partial = memory.allocate(firstCapacity(now));
            charge(memory.capacity(partial));
            keepOfPartial(memory.capacity(partial));
        } else if (have + now > memory.capacity(partial)) {
            partial = memory.grow(partial, grownCapacity(partial, have + now));
            keepOfPartial(memory.capacity(partial));
        }
        memory.move(in, partial, now);
        have += now;
        if (have == length) {
            stopWaiting();
            whole(memory.whole(partial), charged);
        } else if (length > small && have == memory.capacity(partial) && budget.isTight()) {
            awaitTheRest();
        }
    }

    private void keepOfPartial(int capacity) {
        int now = charged > 0 ? 0 : capacity;
        kept.keep(now - keptOfPartial);
        keptOfPartial = now;
    }

    private int firstCapacity(int now) {
        if (length <= small || now < small / HEAD_START) {
            int most = Math.min(length, small);
            return Math.max(SMALLEST_BUFFER, (int) Math.min(most, (long) now * HEAD_START));
        }
        // Most of it is there, as of a stock producer's batch: room for all of it at once, if there is any.
        if ((long) now * HEAD_START >= length && budget.tryTake(length)) {
            charged(length);
            return length;
        }
        return now;
    }

    /// Doubled, but never beyond the frame; where there is no room for that, what has arrived and nothing more.
    private int grownCapacity(B partial, int needed) {
        int wanted = (int) Math.min(length, Math.max(2L * memory.capacity(partial), needed));
        if (needed == length || wanted <= small || wanted <= charged) {
            charge(wanted);
            return wanted;
        }
        if (wait == null && budget.tryTake(wanted - charged)) {
            charged(wanted);
            return wanted;
        }
        charge(needed);
        awaitTheRest();
        return needed;
    }

    private void awaitTheRest() {
        if (wait == null && charged < length) {
            int rest = length - charged;
            int number = ++waits;
            wait = budget.await(rest, loop, () -> roomCame(number, rest));
            out.waitsForRoom();
        }
    }

    private void charge(int bytes) {
        if (bytes > small && bytes > charged) {
            budget.takeAnyway(bytes - charged);
            charged(bytes);
        }
    }

    private void charged(int bytes) {
        boolean news = charged == 0;
        charged = bytes;
        if (news) {
            out.takesRoom();
        }
    }

    /// Whether the frame that arrives has taken of the budget.
    boolean holdsRoom() {
        return charged > 0;
    }

    private void roomCame(int number, int more) {
        if (wait == null || number != waits) {
            budget.giveBack(more);
            return;
        }
        wait = null;
        int kept = Math.clamp((long) length - charged, 0, more);
        charged += kept;
        budget.giveBack(more - kept);
        out.roomCame(length - have);
    }

    private void stopWaiting() {
        if (wait != null) {
            SharedBudget.Wait given = wait;
            wait = null;
            var _ = budget.giveUp(given);
            out.waitsNoMore();
        }
    }

    /// Nothing more comes, or is of interest.
    void end() {
        over = true;
        stopWaiting();
        if (partial != null) {
            memory.release(partial);
            partial = null;
            keepOfPartial(0);
            budget.giveBack(charged);
            charged = 0;
        }
        goOn();
    }
}
