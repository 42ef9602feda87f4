package io.chapar.broker.net;

/// What the connections of one loop keep of small things, in bytes: requests that have not ended, beginnings of those
/// that have not arrived, what is not cut into frames yet, answers that are not taken. On that loop alone.
///
/// Nobody is refused for it. Where it is much, a connection that has something under way is not read, and the others
/// are read little at a time: so all that comes on top of the bound is one small read for each connection.
public final class KeptBytes {
    private final long much;
    private long bytes;

    public KeptBytes(long much) {
        this.much = much;
    }

    void keep(long more) {
        bytes += more;
    }

    void letGo(long less) {
        bytes -= less;
    }

    long bytes() {
        return bytes;
    }

    boolean isMuch() {
        return bytes >= much;
    }
}
