package io.chapar.console.view;

import io.chapar.client.ChaparException;
import io.chapar.client.admin.GroupListing;
import io.chapar.console.web.Query;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// The list of groups of all kinds, page by page, and which are behind.
final class Groups {
    private static final long LIST_MS = 3_000;
    private static final long SURVEY_MS = 5_000;
    private static final int MOST_ROWS = 50;
    /// Each costs a request.
    private static final int LOOKED_AT_ONCE = 100;
    private static final int MOST_BEHIND = 8;

    record Page(int total, int matching, int from, Map<String, Integer> states, List<Row> groups) {
    }

    record Row(String group, String kind, String state, String protocol, @Nullable GroupLag lag) {
    }

    /// @param looked groups whose lag is known so far, of `total`: some more are looked at with every look
    record Behind(int total, int looked, Map<String, Integer> states, List<GroupLag> farthest) {
    }

    private final ClusterLink cluster;
    private final Remembered<List<GroupListing>> list;
    private final Remembered<Behind> behind;
    /// What was found out, in turns, by the thread that does; under the lock of `behind`.
    private SortedMap<String, GroupLag> lags = new TreeMap<>();
    private String lookedAtLast = "";

    Groups(ClusterLink cluster) {
        this.cluster = cluster;
        list = new Remembered<>(LIST_MS, () -> cluster.admin().listGroups().stream()
                .sorted(Comparator.comparing(GroupListing::groupId)).toList());
        behind = new Remembered<>(SURVEY_MS, this::survey);
    }

    Page page(Query query) {
        String filter = query.textOrNull("filter");
        String wanted = filter == null ? "" : filter.toLowerCase(Locale.ROOT);
        int from = query.count("from", 0, 0, Integer.MAX_VALUE);
        List<GroupListing> all = list.get();
        List<GroupListing> matching =
                all.stream().filter(one -> one.groupId().toLowerCase(Locale.ROOT).contains(wanted)).toList();
        List<GroupListing> shown = Topics.part(matching, from, query.count("limit", MOST_ROWS, 1, MOST_ROWS));
        Map<String, GroupLag> known = lags(shown);
        List<Row> rows = new ArrayList<>();
        shown.forEach(one -> rows.add(new Row(one.groupId(), kind(one), one.state(), one.protocolType(),
                known.get(one.groupId()))));
        return new Page(all.size(), matching.size(), from, states(all), rows);
    }

    /// One that goes away meanwhile, or is not told of, has no lag that is known.
    private Map<String, GroupLag> lags(List<GroupListing> groups) {
        Map<String, String> kinds = new LinkedHashMap<>();
        groups.forEach(one -> kinds.put(one.groupId(), kind(one)));
        try {
            return GroupLag.of(cluster, kinds);
        } catch (ChaparException together) {
            Map<String, GroupLag> lags = new LinkedHashMap<>();
            kinds.keySet().forEach(group -> lags.put(group, GroupLag.unknown(group)));
            return lags;
        }
    }

    static String kind(GroupListing group) {
        return group.type().isEmpty() ? "classic" : group.type().toLowerCase(Locale.ROOT);
    }

    private static Map<String, Integer> states(List<GroupListing> all) {
        Map<String, Integer> states = new TreeMap<>();
        all.forEach(one -> states.merge(one.state().isEmpty() ? "Unknown" : one.state(), 1, Integer::sum));
        return states;
    }

    Behind behind() {
        return behind.get();
    }

    /// Looks at the next groups in turn.
    private Behind survey() {
        List<GroupListing> all = list.get();
        SortedMap<String, GroupListing> byId = new TreeMap<>();
        all.forEach(one -> byId.put(one.groupId(), one));
        List<GroupListing> next = new ArrayList<>(byId.tailMap(lookedAtLast + '\0').values());
        next.addAll(byId.headMap(lookedAtLast + '\0').values());
        List<GroupListing> turn = Topics.part(next, 0, LOOKED_AT_ONCE);
        SortedMap<String, GroupLag> known = new TreeMap<>(lags);
        known.keySet().retainAll(byId.keySet());
        known.putAll(lags(turn));
        lags = known;
        lookedAtLast = turn.isEmpty() ? "" : turn.getLast().groupId();
        return new Behind(all.size(), known.size(), states(all), known.values().stream()
                .filter(one -> behindBy(one) > 0)
                .sorted(Comparator.comparingLong((GroupLag one) -> -behindBy(one)).thenComparing(GroupLag::group))
                .limit(MOST_BEHIND).toList());
    }

    private static long behindBy(GroupLag one) {
        Long lag = one.lag();
        return (lag == null ? 0 : lag) + one.held();
    }
}
