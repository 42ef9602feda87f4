package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.MetadataCodec;
import io.chapar.broker.metadata.MetadataRecord;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/// One entry of the quorum's log: what was decided together, on top of one version. It takes effect where the image
/// has exactly that version as the log comes to it, and nowhere else.
///
/// ```
/// entry  = layout u8, 1 | crc32c i32 over the rest | base i64 | digest | records | count i32 answer*
/// digest = is there u8 | i32
/// records = length i32 | bytes of MetadataCodec
/// answer = proposer i64 | number i64 | to be remembered u8 | length i32 | bytes of CommandCodec
/// ```
///
/// @param base the version that it was decided on
/// @param digest of the image of that version, now and then
/// @param records may be none: then the entry says that the answers were true of that version, and by whom it was
///        decided that they are
/// @param answers at least one
record QuorumEntry(
        long base, @Nullable Integer digest, List<MetadataRecord> records, List<Answered> answers) {
    /// Nothing longer is given to the library, nor taken from it. The library keeps buffers of this size.
    static final int MAX_BYTES = 8 << 20;
    private static final byte LAYOUT = 1;
    private static final int HEADER = 1 + 4;

    QuorumEntry {
        records = List.copyOf(records);
        answers = List.copyOf(answers);
    }

    /// @param remember whether it must not be done again
    record Answered(ProposalId id, boolean remember, ByteBuffer answer) {
        static final int OVERHEAD = 8 + 8 + 1 + 4;
    }

    ByteBuffer encode() {
        return encode(MetadataCodec.encode(records));
    }

    /// @param encoded what [MetadataCodec] makes of the records
    ByteBuffer encode(byte[] encoded) {
        int size = HEADER + 8 + 5 + 4 + encoded.length + 4;
        for (Answered one : answers) {
            size += Answered.OVERHEAD + one.answer().remaining();
        }
        ByteBuffer out = ByteBuffer.allocate(size);
        out.put(LAYOUT).putInt(0).putLong(base);
        out.put((byte) (digest == null ? 0 : 1)).putInt(digest == null ? 0 : digest);
        out.putInt(encoded.length).put(encoded).putInt(answers.size());
        for (Answered one : answers) {
            out.putLong(one.id().proposer()).putLong(one.id().number()).put((byte) (one.remember() ? 1 : 0));
            out.putInt(one.answer().remaining()).put(one.answer().duplicate());
        }
        out.flip();
        return out.putInt(1, crc(out)).asReadOnlyBuffer();
    }

    /// Throws [IOException] when the bytes are not what [#encode] makes.
    static QuorumEntry decode(ByteBuffer bytes) throws IOException {
        ByteBuffer in = bytes.duplicate();
        if (in.remaining() < HEADER || in.remaining() > MAX_BYTES) {
            throw new IOException("an entry of the metadata quorum with " + in.remaining() + " bytes");
        }
        in = in.slice();
        if (in.get() != LAYOUT) {
            throw new IOException("an entry of the metadata quorum with the layout of another release");
        }
        if (in.getInt() != crc(in)) {
            throw new IOException("an entry of the metadata quorum is damaged");
        }
        try {
            long base = in.getLong();
            boolean hasDigest = in.get() != 0;
            int digest = in.getInt();
            List<MetadataRecord> records = MetadataCodec.decode(next(in));
            int count = in.getInt();
            List<Answered> answers = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                answers.add(new Answered(
                        new ProposalId(in.getLong(), in.getLong()), in.get() != 0, ownCopy(next(in))));
            }
            if (in.hasRemaining()) {
                throw new IOException(in.remaining() + " bytes too many in an entry of the metadata quorum");
            }
            return new QuorumEntry(base, hasDigest ? digest : null, records, answers);
        } catch (BufferUnderflowException e) {
            throw new IOException("an entry of the metadata quorum ends too soon", e);
        }
    }

    private static ByteBuffer next(ByteBuffer in) throws IOException {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new IOException(length + " bytes in " + in.remaining());
        }
        ByteBuffer part = in.slice(in.position(), length).asReadOnlyBuffer();
        in.position(in.position() + length);
        return part;
    }

    /// Answers outlive their entry, of which nothing else is to be kept.
    private static ByteBuffer ownCopy(ByteBuffer part) {
        return ByteBuffer.allocate(part.remaining()).put(part).flip().asReadOnlyBuffer();
    }

    private static int crc(ByteBuffer whole) {
        CRC32C crc = new CRC32C();
        crc.update(whole.slice(HEADER, whole.limit() - HEADER));
        return (int) crc.getValue();
    }
}
