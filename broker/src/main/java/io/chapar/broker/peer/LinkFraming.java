package io.chapar.broker.peer;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;

/// Cuts what comes on a link into frames: a length, i32, and that many bytes, of which the first is the frame's kind
/// ([LinkFrames]).
///
/// A frame that came whole is a part of what was received; one that did not is gathered in a buffer that grows with
/// what is really there, to twice of it at most. A claimed length costs nothing.
final class LinkFraming {
    private static final int LENGTH_BYTES = 4;
    private static final int FIRST_CAPACITY = 256;
    /// What is kept for the next frame that does not come whole.
    private static final int KEPT = 64 << 10;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    interface Out {
        /// @param frame valid until this returns
        void frame(ByteBuffer frame);

        /// Nothing that comes can be understood any more.
        void broken(String why);
    }

    private final Out out;
    private int mostBytes;
    private final ByteBuffer length = ByteBuffer.allocate(LENGTH_BYTES);
    /// What there is of the frame whose length is known. Its limit is its capacity while it is gathered.
    private ByteBuffer gathered = NOTHING;
    private int awaited = -1;
    private boolean over;

    /// @param mostBytes of a frame, until [#allow] says otherwise
    LinkFraming(int mostBytes, Out out) {
        this.mostBytes = mostBytes;
        this.out = out;
    }

    void allow(int otherMostBytes) {
        mostBytes = otherMostBytes;
    }

    /// No frame comes out any more.
    void end() {
        over = true;
        gathered = NOTHING;
    }

    /// Bytes that are kept for what has not come whole.
    int capacity() {
        return gathered.capacity();
    }

    /// Takes all of `in`.
    void received(ByteBuffer in) {
        while (!over && in.hasRemaining()) {
            if (awaited < 0) {
                if (!lengthArrived(in)) {
                    return;
                }
            } else if (gathered.position() == 0 && in.remaining() >= awaited) {
                whole(in.slice(in.position(), awaited), in, awaited);
            } else {
                gather(in);
            }
        }
    }

    private boolean lengthArrived(ByteBuffer in) {
        while (length.hasRemaining() && in.hasRemaining()) {
            length.put(in.get());
        }
        if (length.hasRemaining()) {
            return false;
        }
        int claimed = length.getInt(0);
        length.clear();
        if (claimed < 1 || claimed > mostBytes) {
            end();
            out.broken("a frame of " + claimed + " bytes, where 1 to " + mostBytes + " are allowed");
            return false;
        }
        awaited = claimed;
        return true;
    }

    private void whole(ByteBuffer frame, @Nullable ByteBuffer in, int taken) {
        awaited = -1;
        if (in != null) {
            in.position(in.position() + taken);
        }
        out.frame(frame);
    }

    private void gather(ByteBuffer in) {
        int now = Math.min(in.remaining(), awaited - gathered.position());
        int needed = gathered.position() + now;
        if (needed > gathered.capacity()) {
            int wanted = Math.max(FIRST_CAPACITY, (int) Math.min(awaited, 2L * needed));
            gathered = ByteBuffer.allocate(Math.max(wanted, needed)).put(gathered.duplicate().flip());
        }
        gathered.put(in.slice(in.position(), now));
        in.position(in.position() + now);
        if (gathered.position() == awaited) {
            ByteBuffer frame = gathered.flip();
            gathered = NOTHING;
            whole(frame, null, 0);
            if (!over && frame.capacity() <= KEPT) {
                gathered = frame.clear();
            }
        }
    }
}
