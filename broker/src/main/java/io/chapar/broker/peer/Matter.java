package io.chapar.broker.peer;

import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;

/// What brokers ask each other that is none of Kafka's requests: bytes, answered by bytes, which mean something to
/// those alone who ask and answer.
public enum Matter {
    /// What voters say to each other before they are a quorum.
    SAYING(LinkFrames.SAYING, LinkPurpose.VOTERS, 4 << 10),
    /// What the consensus library of one voter says to that of another ([io.chapar.broker.metadata.quorum]).
    CONSENSUS(LinkFrames.CONSENSUS, LinkPurpose.VOTERS, (8 << 20) + (128 << 10)),
    /// A wish that is handed to the controller, and what became of it. An entry of the metadata log has 8 MB.
    PROPOSAL(LinkFrames.PROPOSAL, LinkPurpose.QUESTIONS, (8 << 20) + (64 << 10)),
    /// What a broker that does not vote has of the metadata, and what it is told: an entry of the log at the most, and
    /// before it less than 1 MB of others.
    FEED(LinkFrames.FEED, LinkPurpose.FEED, (9 << 20) + (64 << 10));

    private final byte kind;
    private final LinkPurpose purpose;
    private final int mostBytes;

    Matter(byte kind, LinkPurpose purpose, int mostBytes) {
        this.kind = kind;
        this.purpose = purpose;
        this.mostBytes = mostBytes;
    }

    /// Of its frames.
    byte kind() {
        return kind;
    }

    /// Of the links that it is asked on; on others it ends the link.
    public LinkPurpose purpose() {
        return purpose;
    }

    /// That a question or an answer may have.
    public int mostBytes() {
        return mostBytes;
    }

    /// Null for a frame that asks nothing like it on such a link.
    static @Nullable Matter of(byte kind, LinkPurpose purpose) {
        for (Matter matter : values()) {
            if (matter.kind == kind && matter.purpose == purpose) {
                return matter;
            }
        }
        return null;
    }

    /// What became of such a question.
    public sealed interface Ended permits Told, Peers.Unsent, Peers.Lost {}

    /// @param answer whoever asked may keep it
    public record Told(ByteBuffer answer) implements Ended {}
}
