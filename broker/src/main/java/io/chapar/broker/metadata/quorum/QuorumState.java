package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.ClusterDelta;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataCodec;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.metadata.quorum.QuorumEntry.Answered;
import io.chapar.broker.metadata.quorum.Remembered.Kept;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;

/// What the quorum's log adds up to: the same on every voter that is as far. Never changes.
///
/// ```
/// snapshot = layout u8, 1 | crc32c i32 over the rest | digested i64 | forgotten i64 | records | count i32 kept*
/// records  = length i32 | the image's records, by MetadataCodec
/// kept     = proposer i64 | number i64 | version i64 | length i32 | answer
/// ```
///
/// @param digested the version whose digest was compared last
record QuorumState(ClusterImage image, Remembered remembered, long digested) {
    static final QuorumState EMPTY = new QuorumState(ClusterImage.EMPTY, Remembered.NOTHING, 0);
    /// So often are the images of all voters compared.
    static final long DIGEST_EVERY = 1_000;
    /// A snapshot that would be longer is not taken, and none that is longer is read: the log is kept instead.
    static final int MAX_SNAPSHOT_BYTES = 256 << 20;
    private static final byte LAYOUT = 1;
    private static final int HEADER = 1 + 4;

    /// @param delta null where the entry has no effect, since it was decided on another version
    record Applied(QuorumState after, @Nullable ClusterDelta delta) {
        boolean tookEffect() {
            return delta != null;
        }
    }

    /// Throws [IOException] when this voter's image is not the one that the entry was decided on, or cannot take it: it
    /// must not go on.
    Applied apply(QuorumEntry entry) throws IOException {
        if (entry.base() != image.version()) {
            return new Applied(this, null);
        }
        if (entry.digest() != null && entry.digest() != digest()) {
            throw new IOException("the cluster's metadata of version " + image.version()
                    + " is another here than at the controller: this broker must not go on with it");
        }
        ClusterImage.Step step;
        try {
            step = image.step(entry.records());
        } catch (IllegalStateException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new IOException("an entry of the metadata quorum does not fit to version " + image.version(), e);
        }
        Remembered answers = remembered;
        for (Answered one : entry.answers()) {
            if (one.remember()) {
                answers = answers.with(one.id(), step.after().version(), one.answer());
            }
        }
        long compared = entry.digest() == null ? digested : entry.base();
        return new Applied(new QuorumState(step.after(), answers, compared), step.delta());
    }

    /// Whether the next entry is to carry the digest of what it is decided on.
    boolean isDigestDue() {
        return image.version() / DIGEST_EVERY > digested / DIGEST_EVERY;
    }

    int digest() {
        CRC32C crc = new CRC32C();
        crc.update(MetadataCodec.encode(image.snapshot()));
        return (int) crc.getValue();
    }

    ByteBuffer snapshot() {
        byte[] records = MetadataCodec.encode(image.snapshot());
        List<ProposalId> ids = remembered.ids();
        long size = HEADER + 8 + 8 + 4 + (long) records.length + 4 + ids.size() * 28L + remembered.bytes();
        ByteBuffer out = ByteBuffer.allocate(Math.toIntExact(size));
        out.put(LAYOUT).putInt(0).putLong(digested).putLong(remembered.forgotten());
        out.putInt(records.length).put(records).putInt(ids.size());
        for (ProposalId id : ids) {
            Kept kept = remembered.get(id);
            if (kept == null) {
                throw new IllegalStateException("remembered by number and not by id: " + id);
            }
            out.putLong(id.proposer()).putLong(id.number()).putLong(kept.version());
            out.putInt(kept.answer().remaining()).put(kept.answer().duplicate());
        }
        out.flip();
        return out.putInt(1, crc(out)).asReadOnlyBuffer();
    }

    /// Throws [IOException] when the bytes are not what [#snapshot] makes.
    static QuorumState restore(ByteBuffer bytes) throws IOException {
        ByteBuffer in = bytes.slice();
        if (in.remaining() < HEADER || in.get() != LAYOUT) {
            throw new IOException("a snapshot of the metadata quorum that another release wrote");
        }
        if (in.getInt() != crc(in)) {
            throw new IOException("a snapshot of the metadata quorum is damaged");
        }
        try {
            long digested = in.getLong();
            long forgotten = in.getLong();
            ByteBuffer encoded = in.slice(in.position() + 4, in.getInt());
            in.position(in.position() + encoded.remaining());
            List<MetadataRecord> records = MetadataCodec.decode(encoded);
            Remembered remembered = new Remembered(
                    Remembered.NOTHING.byId(), Remembered.NOTHING.byNumber(), 0, 0, forgotten);
            int count = in.getInt();
            for (int i = 0; i < count; i++) {
                ProposalId id = new ProposalId(in.getLong(), in.getLong());
                long version = in.getLong();
                byte[] answer = new byte[in.getInt()];
                in.get(answer);
                remembered = remembered.with(id, version, ByteBuffer.wrap(answer).asReadOnlyBuffer());
            }
            return new QuorumState(ClusterImage.EMPTY.apply(records), remembered, digested);
        } catch (BufferUnderflowException | IndexOutOfBoundsException | NegativeArraySizeException e) {
            throw new IOException("a snapshot of the metadata quorum ends too soon", e);
        }
    }

    private static int crc(ByteBuffer whole) {
        CRC32C crc = new CRC32C();
        crc.update(whole.slice(HEADER, whole.limit() - HEADER));
        return (int) crc.getValue();
    }
}
