package io.chapar.broker.metrics;

import io.chapar.broker.metrics.GroupLag.Bounds;
import io.chapar.protocol.TopicPartition;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class GroupMetricsTest {
    private static final int MOST = 2_000;
    private static final TopicPartition ID = new TopicPartition("t", 0);
    private static final Bounds BOUNDS = new Bounds(0, 30, 12);

    private static String page(List<String> groups) throws IOException {
        Totals totals = new Totals();
        groups.forEach(group -> totals.add(
                new GroupFigures(group, "consumer", "Stable", 1, 1, new TreeMap<>(Map.of(ID, 10L)))));
        List<GroupLag> lags = GroupLag.all(totals, Map.of(ID, BOUNDS), new LagTimes(), 0);
        Snapshots out = new Snapshots();
        LeftOut leftOut = new LeftOut();
        GroupMetrics.add(new Observed(totals,
                new ClusterFigures(1, 1, Map.of(), 0, 0, 0, null), lags,
                new LastMinute.Rates(0, 0, 0, List.of(), List.of(), List.of()), 0, 0), MOST, leftOut, out);
        leftOut.add(out);
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        ExpositionFormats.init().getPrometheusTextFormatWriter().write(text, out.done());
        return text.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aNameIsToldAsLongAsATopicsMayBe() throws IOException {
        String longest = "g".repeat(GroupMetrics.MOST_NAME_CHARS);
        String page = page(List.of("a", longest, longest + "g"));
        assertTrue(page.contains("chapar_group_lag{group=\"a\"} 20.0"), page);
        assertTrue(page.contains("chapar_group_lag{group=\"" + longest + "\"} 20.0"), page);
        assertFalse(page.contains(longest + "g"), page);
        assertTrue(page.contains("chapar_metrics_left_out{what=\"groups\"} 1.0"), page);
    }

    /// Anybody may commit offsets under names of 32,767 bytes, and each of its series says a group's name.
    @Test
    void whateverGroupsAreCalledThePageIsOfABoundedSize() throws IOException {
        String page = page(IntStream.range(0, 50).mapToObj(i -> "g".repeat(32_000) + i).toList());
        assertTrue(page.length() < 10_000, () -> page.length() + " characters");
        assertTrue(page.contains("chapar_metrics_left_out{what=\"groups\"} 50.0"), page);
    }
}
