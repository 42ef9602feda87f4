package io.chapar.broker.peer;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;

/// What the brokers of a cluster know and nobody else does (`cluster.secret.file`). It never leaves the process: each
/// side proves it by an HMAC-SHA-256 over all that both have said, the nonces among it, with the side's own name in
/// front, so that nothing which one side said can be given back to it.
public final class PeerSecret {
    public static final int SHORTEST = 16;
    public static final int LONGEST = 4096;
    static final int PROOF_BYTES = 32;
    private static final String ALGORITHM = "HmacSHA256";

    /// Who proves.
    enum Side {
        DIALLER((byte) 'D'), LISTENER((byte) 'L');

        private final byte name;

        Side(byte name) {
            this.name = name;
        }
    }

    private final SecretKeySpec key;

    private PeerSecret(byte[] bytes) {
        key = new SecretKeySpec(bytes, ALGORITHM);
    }

    /// Throws [IllegalArgumentException] for one that could be guessed, or is no secret.
    public static PeerSecret of(byte[] bytes) {
        if (bytes.length < SHORTEST || bytes.length > LONGEST) {
            throw new IllegalArgumentException(
                    "a secret has " + SHORTEST + " to " + LONGEST + " bytes, not " + bytes.length);
        }
        return new PeerSecret(bytes.clone());
    }

    /// @param said all frames of both sides so far, and what the prover says beside the proof
    byte[] proof(Side side, ByteBuffer... said) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            mac.update(side.name);
            for (ByteBuffer frame : said) {
                mac.update(ByteBuffer.allocate(Integer.BYTES).putInt(frame.remaining()).flip());
                mac.update(frame.duplicate());
            }
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has " + ALGORITHM, e);
        }
    }

    /// In a time that says nothing of how much of it is right.
    boolean isProof(byte[] proof, Side side, ByteBuffer... said) {
        return MessageDigest.isEqual(proof(side, said), proof);
    }
}
