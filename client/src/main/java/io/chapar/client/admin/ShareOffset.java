package io.chapar.client.admin;

import org.jspecify.annotations.Nullable;

/// How far a share group is in a partition.
///
/// @param start all records before it are done with; null: no member has read the partition
/// @param lag records from there on that are not done with; null: not known, or the broker does not tell it
public record ShareOffset(@Nullable Long start, int leaderEpoch, @Nullable Long lag) {
}
