package io.chapar.processor;

import io.chapar.client.OffsetAndMetadata;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.SortedMap;
import java.util.TreeMap;

/// Where partitions go on, by what the database and the group say. The database's word counts, also where the mirror in
/// the group lags behind it, but for two cases:
///
/// - The group's position is no mirror: something else has gone on with the group, since the mirror was told (another
///   delivery mode, the application without rows, a tool). That is newer.
/// - The database's position is of a topic that was deleted, and made anew since. It says nothing.
///
/// So that a position of the group without a mark is always newer, none is left when a partition's first record is
/// handed on. (A position in the database without a mark was written while there were none: it counts.)
///
/// @param found where the database has a say; without marks
/// @param newer those of `found` that the database has to be told, before the group hears anything
/// @param unmarked what the group has to be told before the first record is handed on
record Claimed(SortedMap<TopicPartition, OffsetAndMetadata> found,
        SortedMap<TopicPartition, OffsetAndMetadata> newer, SortedMap<TopicPartition, OffsetAndMetadata> unmarked) {

    static Claimed of(SortedMap<TopicPartition, OffsetAndMetadata> database,
            SortedMap<TopicPartition, RecordSource.Stood> group) {
        Claimed claimed = new Claimed(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
        group.forEach((partition, stood) -> claimed.add(partition, database.get(partition), stood));
        return claimed;
    }

    private void add(TopicPartition partition, @Nullable OffsetAndMetadata inDatabase, RecordSource.Stood stood) {
        OffsetAndMetadata inGroup = stood.position();
        boolean foreign = inGroup != null && !MirrorMark.isOn(inGroup);
        MirrorMark mark = inDatabase == null ? null : MirrorMark.of(inDatabase);
        if (inDatabase == null || (mark != null && mark.isOfAnother(stood.topicId()))) {
            if (inGroup != null && foreign) {
                unmarked.put(partition, inGroup);
            }
            return;
        }
        OffsetAndMetadata counts = inDatabase;
        if (inGroup != null && foreign) {
            if (mark != null) {
                counts = inGroup;
                newer.put(partition, inGroup);
            }
            unmarked.put(partition, MirrorMark.without(counts));
        }
        found.put(partition, MirrorMark.without(counts));
    }
}
