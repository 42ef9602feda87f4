package io.chapar.broker.metrics;

import io.chapar.protocol.message.ApiKey;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// What happened since the look of about a minute ago. On one thread at a time.
final class LastMinute {
    private static final long MINUTE_MS = 60_000;
    private static final long EVERY_MS = 5_000;

    private final ArrayDeque<Sample> samples = new ArrayDeque<>();

    /// @param receivedByTopic bytes
    private record Sample(long atMs, TrafficMeters traffic, Map<String, Long> receivedByTopic,
            Map<String, Integer> epochs) {}

    /// @param p99Seconds the bound below which 99 of 100 were answered
    record Api(ApiKey key, double perSecond, double p99Seconds) {}

    record Topic(String name, double bytesPerSecond) {}

    /// @param count in those seconds
    record Rebalances(String group, int members, int count) {}

    /// @param seconds that the rates are of; 0 before the second look
    /// @param apis the busiest first
    /// @param topics that clients wrote to, the busiest first
    /// @param rebalances of groups that had any, the most first
    record Rates(double seconds, double requestsPerSecond, double p99Seconds, List<Api> apis, List<Topic> topics,
            List<Rebalances> rebalances) {}

    void saw(long nowMs, Totals totals) {
        if (samples.isEmpty() || nowMs - samples.getLast().atMs() >= EVERY_MS) {
            samples.addLast(sample(nowMs, totals));
        }
        while (samples.size() > 1 && nowMs - samples.getFirst().atMs() > MINUTE_MS) {
            samples.removeFirst();
        }
    }

    private static Sample sample(long nowMs, Totals totals) {
        Map<String, Long> received = new TreeMap<>();
        totals.figures().forEach(one -> received.merge(one.id().topic(), one.bytesIn(), Long::sum));
        Map<String, Integer> epochs = new TreeMap<>();
        totals.groups().forEach(group -> epochs.put(group.id(), group.epoch()));
        return new Sample(nowMs, totals.traffic(), received, epochs);
    }

    Rates rates(long nowMs, Totals totals) {
        Sample before = samples.peekFirst();
        Sample now = sample(nowMs, totals);
        double seconds = before == null ? 0 : (nowMs - before.atMs()) / 1e3;
        if (before == null || seconds == 0) {
            return new Rates(0, 0, 0, List.of(), List.of(), List.of());
        }
        List<Api> apis = new ArrayList<>();
        Distribution all = new Distribution();
        now.traffic().apis().forEach((key, api) -> {
            TrafficMeters.Api was = before.traffic().apis().get(key);
            Distribution since = was == null ? api.duration : api.duration.since(was.duration);
            if (since.count() > 0) {
                apis.add(new Api(key, since.count() / seconds, since.quantile(0.99)));
                if (key != ApiKey.FETCH && key != ApiKey.SHARE_FETCH) {
                    all.add(since);
                }
            }
        });
        apis.sort(Comparator.comparingDouble((Api api) -> -api.perSecond()).thenComparing(Api::key));
        List<Topic> topics = new ArrayList<>();
        now.receivedByTopic().forEach((name, bytes) -> {
            // A partition that came anew begins at 0.
            long more = bytes - before.receivedByTopic().getOrDefault(name, 0L);
            if (more > 0) {
                topics.add(new Topic(name, more / seconds));
            }
        });
        topics.sort(Comparator.comparingDouble((Topic topic) -> -topic.bytesPerSecond())
                .thenComparing(Topic::name));
        return new Rates(seconds, apis.stream().mapToDouble(Api::perSecond).sum(), all.quantile(0.99), apis, topics,
                rebalances(totals));
    }

    /// Of a group that came meanwhile, or whose coordinator did, since it was seen first.
    private List<Rebalances> rebalances(Totals totals) {
        List<Rebalances> all = new ArrayList<>();
        for (GroupFigures group : totals.groups()) {
            Integer first = samples.stream().map(sample -> sample.epochs().get(group.id())).filter(Objects::nonNull)
                    .findFirst().orElse(group.epoch());
            int more = group.epoch() - first;
            if (more > 0) {
                all.add(new Rebalances(group.id(), group.members(), more));
            }
        }
        all.sort(Comparator.comparingInt((Rebalances one) -> -one.count()).thenComparing(Rebalances::group));
        return all;
    }
}
