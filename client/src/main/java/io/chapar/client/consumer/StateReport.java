package io.chapar.client.consumer;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/// What a member of a group has of the state that goes with its partitions, as it tells the group's leader on joining:
/// see [AssignmentStrategy#TOGETHER].
///
/// @param instance of the process; its members fail together, so no two of them keep copies of one state
/// @param shared what one member of the process has, all of them can take over at once (it is on a disk)
/// @param standbys how many copies of each state are wanted beside the owner's
/// @param degrees for each topic that has state, by partition, how far behind a copy is ([#degree]); of those that the
///         member owns, and of those of which it has nothing, it tells nothing
public record StateReport(UUID instance, boolean shared, int standbys,
        SortedMap<String, SortedMap<Integer, Integer>> degrees) {
    /// Of more copies than this is not told.
    public static final int MAX_COPIES = 4_096;
    public static final int MAX_STANDBYS = 16;
    /// A copy that is no further behind than this many offsets may become the owner's.
    public static final long ACCEPTABLE_LAG = 10_000;
    /// Caught up.
    static final int CAUGHT_UP = 0;
    /// There is no copy.
    static final int NOTHING = Long.SIZE;

    public StateReport {
        TreeMap<String, SortedMap<Integer, Integer>> copy = new TreeMap<>();
        degrees.forEach((topic, ofTopic) ->
                copy.put(topic, Collections.unmodifiableSortedMap(new TreeMap<>(ofTopic))));
        degrees = Collections.unmodifiableSortedMap(copy);
    }

    /// 0 for a copy that has caught up; else the more the further behind.
    public static int degree(long lag) {
        return lag <= ACCEPTABLE_LAG ? CAUGHT_UP : Long.SIZE - Long.numberOfLeadingZeros(lag);
    }
}
