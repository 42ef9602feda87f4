package io.chapar.broker.peer;

import io.chapar.protocol.MalformedMessageException;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// How two brokers begin a link.
///
/// ```
/// dialler                                   listener
///    | Hello: who I am, whom I dialled, nonce  |
///    |---------------------------------------->|  refused: another cluster or none yet, the same node ...
///    | Challenge: level, nonce                 |  all that a stranger gets
///    |<----------------------------------------|
///    | Proof                                   |
///    |---------------------------------------->|  refused: another secret
///    | Welcome: who I am, proof                |
///    |<----------------------------------------|
/// ```
/// The listener proves last, so that a stranger who dials learns nothing that depends on the secret; and the dialler
/// asks nothing before it is welcome, so that whatever was refused was not read. Where neither side has a secret the
/// proofs are empty.
///
/// @param own what this broker says of itself
/// @param secret null where there is none
/// @param random that nobody can guess
record Handshake(Greeting own, @Nullable PeerSecret secret, RandomGenerator random) {
    /// Of what is said on links; a level that both know is chosen, the highest. Whatever changes the bytes of a frame,
    /// or adds a frame that has to be understood, is another level, and the one before is spoken for a release longer.
    ///
    /// 1: a question bore no version of the metadata, and later did under the same number; no release spoke it
    /// 2: questions bear it, and voters say here what they said at a port of their own; no release spoke it
    /// 3: followers say which transactions are open in their logs
    static final int LOWEST_LEVEL = 3;
    static final int HIGHEST_LEVEL = 3;
    private static final byte[] NO_PROOF = {};

    /// What came of a frame.
    sealed interface Step {}

    record Say(ByteBuffer frame) implements Step {}

    /// The other broker is who it says.
    ///
    /// @param frame to be sent; null at the dialler, which has nothing left to say
    record Welcome(Greeting other, LinkPurpose purpose, @Nullable ByteBuffer frame) implements Step {}

    /// The link ends.
    ///
    /// @param frame to be sent before; null where the other side knows
    record Refuse(LinkRefusal why, @Nullable ByteBuffer frame) implements Step {}

    private byte[] nonce() {
        byte[] bytes = new byte[LinkFrames.NONCE_BYTES];
        random.nextBytes(bytes);
        return bytes;
    }

    private byte[] proof(PeerSecret.Side side, ByteBuffer... said) {
        return secret == null ? NO_PROOF : secret.proof(side, said);
    }

    private boolean isProof(byte[] proof, PeerSecret.Side side, ByteBuffer... said) {
        return secret == null ? proof.length == 0 : secret.isProof(proof, side, said);
    }

    private static Refuse refuse(LinkRefusal why) {
        return new Refuse(why, LinkFrames.refused(why));
    }

    private static ByteBuffer copy(ByteBuffer frame) {
        return ByteBuffer.wrap(LinkFrames.rest(frame.duplicate()));
    }

    /// The side that dials.
    static final class Dialler {
        private final Handshake own;
        private final LinkPurpose purpose;
        private final int dialled;
        private final ByteBuffer hello;
        private @Nullable ByteBuffer challenge;

        Dialler(Handshake own, LinkPurpose purpose, int dialled) {
            this.own = own;
            this.purpose = purpose;
            this.dialled = dialled;
            hello = LinkFrames.hello(LOWEST_LEVEL, HIGHEST_LEVEL, own.own.on(purpose), purpose, dialled, own.nonce());
        }

        ByteBuffer hello() {
            return hello.duplicate();
        }

        /// Throws [MalformedMessageException] for what has no place here.
        Step received(ByteBuffer frame) {
            byte kind = frame.get(frame.position());
            if (kind == LinkFrames.REFUSED) {
                return new Refuse(LinkFrames.readRefused(frame), null);
            }
            if (kind == LinkFrames.CHALLENGE && challenge == null) {
                int level = LinkFrames.readChallenge(frame).level();
                if (level < LOWEST_LEVEL || level > HIGHEST_LEVEL) {
                    return new Refuse(LinkRefusal.UNKNOWN_LEVEL, null);
                }
                ByteBuffer said = copy(frame);
                challenge = said;
                return new Say(LinkFrames.proof(own.proof(PeerSecret.Side.DIALLER, hello, said)));
            }
            if (kind == LinkFrames.WELCOME && challenge != null) {
                return welcome(LinkFrames.readWelcome(frame), challenge);
            }
            throw new MalformedMessageException("a frame of kind " + kind + " in a hello");
        }

        private Step welcome(LinkFrames.Welcome welcome, ByteBuffer challenged) {
            Greeting other = welcome.greeting();
            byte[] proof = LinkFrames.rest(welcome.proof());
            if (!own.isProof(proof, PeerSecret.Side.LISTENER, hello, challenged, welcome.said())) {
                return new Refuse(LinkRefusal.WRONG_SECRET, null);
            }
            if (!other.clusterId().equals(own.own.on(purpose).clusterId())) {
                return new Refuse(LinkRefusal.OTHER_CLUSTER, null);
            }
            return other.node() == dialled
                    ? new Welcome(other, purpose, null) : new Refuse(LinkRefusal.OTHER_NODE, null);
        }
    }

    /// The side that is dialled.
    static final class Listener {
        private final Handshake own;
        private @Nullable ByteBuffer hello;
        private @Nullable ByteBuffer challenge;
        private LinkFrames.@Nullable Hello read;

        Listener(Handshake own) {
            this.own = own;
        }

        Step received(ByteBuffer frame) {
            byte kind = frame.get(frame.position());
            try {
                if (kind == LinkFrames.HELLO && hello == null) {
                    return challenge(frame);
                }
                if (kind == LinkFrames.PROOF && hello != null) {
                    return judge(LinkFrames.readProof(frame), hello, requireNonNull(challenge, "challenged"));
                }
            } catch (MalformedMessageException stranger) {
                return refuse(LinkRefusal.NOT_A_PEER);
            }
            return refuse(LinkRefusal.NOT_A_PEER);
        }

        private Step challenge(ByteBuffer frame) {
            LinkFrames.Hello said = LinkFrames.readHello(frame);
            if (said.lowest() > HIGHEST_LEVEL || said.highest() < LOWEST_LEVEL || said.lowest() > said.highest()) {
                return refuse(LinkRefusal.UNKNOWN_LEVEL);
            }
            LinkPurpose purpose = LinkPurpose.of(said.purpose());
            if (purpose == null) {
                return refuse(LinkRefusal.UNKNOWN_PURPOSE);
            }
            LinkRefusal cluster = cluster(said.greeting(), purpose);
            if (cluster != null) {
                return refuse(cluster);
            }
            if (said.greeting().node() == own.own.node()) {
                return refuse(LinkRefusal.SAME_NODE);
            }
            if (said.dialled() != own.own.node()) {
                return refuse(LinkRefusal.OTHER_NODE);
            }
            read = said;
            hello = copy(frame);
            ByteBuffer out = LinkFrames.challenge(Math.min(said.highest(), HIGHEST_LEVEL), own.nonce());
            challenge = out;
            return new Say(out.duplicate());
        }

        private @Nullable LinkRefusal cluster(Greeting dialler, LinkPurpose purpose) {
            if (purpose == LinkPurpose.VOTERS) {
                return null;
            }
            if (!own.own.belongs()) {
                return LinkRefusal.NO_CLUSTER_YET;
            }
            return dialler.clusterId().equals(own.own.clusterId()) ? null : LinkRefusal.OTHER_CLUSTER;
        }

        private Step judge(byte[] proof, ByteBuffer helloSaid, ByteBuffer challenged) {
            if (!own.isProof(proof, PeerSecret.Side.DIALLER, helloSaid, challenged)) {
                return refuse(LinkRefusal.WRONG_SECRET);
            }
            LinkFrames.Hello said = requireNonNull(read, "a hello came first");
            LinkPurpose purpose = requireNonNull(LinkPurpose.of(said.purpose()), "it was known");
            ByteBuffer welcomed = LinkFrames.welcomed(own.own.on(purpose));
            byte[] own32 = own.proof(PeerSecret.Side.LISTENER, helloSaid, challenged, welcomed);
            return new Welcome(said.greeting(), purpose, LinkFrames.welcome(welcomed, own32));
        }
    }
}
