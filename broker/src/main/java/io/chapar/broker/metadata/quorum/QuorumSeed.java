package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataCodec;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.metadata.MetadataRecord.VersionReached;
import io.chapar.broker.metadata.quorum.QuorumEntry.Answered;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// An image that becomes the beginning of a quorum's log: its records in entries one on top of the other, so that a
/// beginning that was cut short goes on where it ended. Until the last of them the log's image is a part of it, on
/// which nothing else may be decided.
final class QuorumSeed {
    private static final int FULL_BYTES = 1 << 20;
    private static final ProposalId NOBODYS = new ProposalId(0, 0);

    private final List<MetadataRecord> records;
    private final long version;

    QuorumSeed(ClusterImage image) {
        List<MetadataRecord> all = new ArrayList<>(image.snapshot());
        version = Math.max(image.version(), all.size() + 1L);
        all.set(all.size() - 1, new VersionReached(version));
        records = List.copyOf(all);
    }

    /// Null when the log has all of it, or something else.
    @Nullable QuorumEntry next(ClusterImage known) {
        long at = known.version();
        if (at >= records.size() || !known.equals(ClusterImage.EMPTY.apply(records.subList(0, (int) at)))) {
            return null;
        }
        List<MetadataRecord> some = new ArrayList<>();
        long bytes = 0;
        for (MetadataRecord one : records.subList((int) at, records.size())) {
            bytes += MetadataCodec.encode(List.of(one)).length;
            if (!some.isEmpty() && bytes > FULL_BYTES) {
                break;
            }
            some.add(one);
        }
        return new QuorumEntry(at, null, some,
                List.of(new Answered(NOBODYS, false, ByteBuffer.allocate(0).asReadOnlyBuffer())));
    }
}
