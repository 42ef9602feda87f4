package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.CommandCodec;
import io.chapar.broker.metadata.quorum.QuorumOutcome.Done;
import io.chapar.broker.metadata.quorum.QuorumOutcome.Elsewhere;
import io.chapar.broker.metadata.quorum.QuorumOutcome.Refused;
import io.chapar.broker.metadata.quorum.QuorumOutcome.Unknown;
import io.chapar.protocol.ErrorCode;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;

import static java.nio.charset.StandardCharsets.UTF_8;

/// What goes over a [ControllerLink].
///
/// ```
/// proposal = proposer i64 | number i64 | since i64 | command, by CommandCodec
/// outcome  = 1 | version i64 | answer, by CommandCodec          done
///          | 2 | error i16 | reason, UTF-8                      refused
///          | 3 | error i16 | reason, UTF-8                      unknown
///          | 4                                                  elsewhere
/// ```
final class LinkCodec {
    private LinkCodec() {}

    static ByteBuffer encode(Proposal proposal) {
        ByteBuffer command = proposal.encoded().duplicate();
        return ByteBuffer.allocate(24 + command.remaining()).putLong(proposal.id().proposer())
                .putLong(proposal.id().number()).putLong(proposal.since()).put(command).flip();
    }

    /// Throws [IOException] when the bytes are no proposal.
    static Proposal decodeProposal(ByteBuffer bytes) throws IOException {
        ByteBuffer in = bytes.slice();
        if (in.remaining() < 24) {
            throw new IOException("a proposal of " + in.remaining() + " bytes");
        }
        ProposalId id = new ProposalId(in.getLong(), in.getLong());
        long since = in.getLong();
        ByteBuffer command = ByteBuffer.allocate(in.remaining()).put(in).flip().asReadOnlyBuffer();
        return new Proposal(id, since, CommandCodec.decode(command), command);
    }

    static ByteBuffer encode(QuorumOutcome outcome) {
        return switch (outcome) {
            case Done(long version, ByteBuffer answer) -> ByteBuffer.allocate(9 + answer.remaining())
                    .put((byte) 1).putLong(version).put(answer.duplicate()).flip();
            case Refused(ErrorCode error, String reason) -> told(2, error, reason);
            case Unknown(ErrorCode error, String reason) -> told(3, error, reason);
            case Elsewhere _ -> ByteBuffer.allocate(1).put((byte) 4).flip();
        };
    }

    private static ByteBuffer told(int kind, ErrorCode error, String reason) {
        byte[] text = reason.getBytes(UTF_8);
        return ByteBuffer.allocate(3 + text.length).put((byte) kind).putShort(error.code()).put(text).flip();
    }

    /// Throws [IOException] when the bytes are no outcome.
    static QuorumOutcome decodeOutcome(ByteBuffer bytes) throws IOException {
        ByteBuffer in = bytes.slice();
        try {
            int kind = in.get();
            return switch (kind) {
                case 1 -> {
                    long version = in.getLong();
                    yield new Done(version, in.slice().asReadOnlyBuffer());
                }
                case 2 -> new Refused(ErrorCode.of(in.getShort()), UTF_8.decode(in).toString());
                case 3 -> new Unknown(ErrorCode.of(in.getShort()), UTF_8.decode(in).toString());
                case 4 -> new Elsewhere();
                default -> throw new IOException("unknown kind " + kind + " of an outcome");
            };
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new IOException("an outcome that nobody can read", e);
        }
    }
}
