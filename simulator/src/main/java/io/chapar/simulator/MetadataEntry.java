package io.chapar.simulator;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataRecord;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// What a controller has decided at once, as it stands in the one order of all entries. It changes that version of the
/// cluster which it was decided on, and no other: an entry that comes behind another one of the same version was
/// decided by somebody who did not know of that, and changes nothing for anybody.
///
/// @param base the version that it was decided on
/// @param records to be applied together; none where a command changes nothing
record MetadataEntry(long base, List<MetadataRecord> records) {
    MetadataEntry {
        records = List.copyOf(records);
    }

    /// Null where the image is not the one that it was decided on: whoever asked for it has to ask again.
    ClusterImage.@Nullable Step on(ClusterImage image) {
        if (image.version() != base) {
            return null;
        }
        return image.step(records);
    }
}
