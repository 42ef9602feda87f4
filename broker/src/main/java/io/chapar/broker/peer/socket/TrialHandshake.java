package io.chapar.broker.peer.socket;

import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import java.nio.ByteBuffer;

/// A TLS handshake between two ends in one thread, without a connection: what two brokers with these keys and
/// certificates would do. Takes tens of ms.
final class TrialHandshake {
    static final int ANY_PORT = 1;
    /// Of both ends together. A handshake of TLS 1.3 is over after about 20.
    private static final int MOST_STEPS = 1_000;

    private final SSLEngine dialling;
    private final SSLEngine accepting;
    private final ByteBuffer toAccepting;
    private final ByteBuffer toDialling;

    private TrialHandshake(SSLEngine dialling, SSLEngine accepting) {
        this.dialling = dialling;
        this.accepting = accepting;
        toAccepting = wire(dialling);
        toDialling = wire(accepting);
    }

    private static ByteBuffer wire(SSLEngine from) {
        return ByteBuffer.allocate(8 * from.getSession().getPacketBufferSize());
    }

    /// Throws what one of them has against the other.
    static void between(SSLEngine dialling, SSLEngine accepting) throws SSLException {
        dialling.beginHandshake();
        accepting.beginHandshake();
        new TrialHandshake(dialling, accepting).run();
    }

    private void run() throws SSLException {
        for (int step = 0; step < MOST_STEPS; step++) {
            boolean dialled = step(dialling, toDialling, toAccepting);
            boolean accepted = step(accepting, toAccepting, toDialling);
            if (!dialled && !accepted) {
                return;
            }
        }
        throw new SSLException("the handshake does not end");
    }

    /// Whether there was something to do.
    private static boolean step(SSLEngine end, ByteBuffer in, ByteBuffer out) throws SSLException {
        return switch (end.getHandshakeStatus()) {
            case NEED_TASK -> {
                end.getDelegatedTask().run();
                yield true;
            }
            case NEED_WRAP -> {
                end.wrap(ByteBuffer.allocate(0), out);
                yield true;
            }
            case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                ByteBuffer application = ByteBuffer.allocate(end.getSession().getApplicationBufferSize());
                in.flip();
                end.unwrap(in, application);
                in.compact();
                yield true;
            }
            case NOT_HANDSHAKING, FINISHED -> false;
        };
    }
}
