package io.chapar.processor;

import io.chapar.client.UsageException;

import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// Decides whether an application may read the changelogs that are there: only what was written with the same layout.
///
/// @param needed by step, what this application reads and writes
record Layouts(SortedMap<String, Layout> needed, InternalNames names) {
    /// What has to be recorded before anything is written to the changelogs. [UsageException] when a step's changelog
    /// holds something else, or nobody knows what.
    ///
    /// @param recorded by step, as [Layout#toString]
    /// @param used the steps whose changelogs had entries before `recorded` was read: who wrote them had recorded their
    ///        layout by then, if it ever did
    SortedMap<String, String> missing(Map<String, String> recorded, SortedSet<String> used) {
        TreeMap<String, String> missing = new TreeMap<>();
        TreeSet<String> unfit = new TreeSet<>();
        needed.forEach((step, layout) -> {
            String there = recorded.get(step);
            if (there == null && used.contains(step)) {
                unfit.add(names.changelog(step) + " was written by an earlier version, which did not record what its"
                        + " rows are; step '" + step + "' has " + layout);
            } else if (there == null) {
                missing.put(step, layout.toString());
            } else if (!there.equals(layout.toString())) {
                unfit.add(names.changelog(step) + " holds " + there + "; step '" + step + "' has " + layout);
            }
        });
        if (!unfit.isEmpty()) {
            throw new UsageException("State that is there cannot be read by this application: "
                    + String.join("; ", unfit) + ". Go back to the topology and the version that wrote it; or give the"
                    + " step another name, or the application another id, and let it process its input anew");
        }
        return missing;
    }
}
