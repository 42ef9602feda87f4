package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.group.GroupLimits;
import io.chapar.broker.group.GroupOutlook;
import io.chapar.broker.group.GroupOutlook.OfGroup;
import io.chapar.broker.group.GroupOutlook.OfStreamsGroup;
import io.chapar.broker.group.consumer.Assignors;
import io.chapar.broker.group.consumer.MigrationPolicy;
import io.chapar.broker.group.streams.TaskConfig;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ClusterSettings;
import io.chapar.broker.metadata.ConfigOwner;

import java.util.Arrays;
import java.util.Collections;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;

import static java.util.Objects.requireNonNull;

/// What settings of the broker and of each group mean to the coordinators of groups.
final class GroupSettings {
    private static final String SESSION = "session.timeout.ms";
    private static final String HEARTBEAT = "heartbeat.interval.ms";
    private static final String ASSIGNMENT = "assignment.interval.ms";
    private static final String OF_BROKER = "group.";

    private GroupSettings() {}

    static GroupLimits limits(BrokerConfig config) {
        GroupLimits usual = GroupLimits.DEFAULTS;
        return new GroupLimits(
                config.count("group.min.session.timeout.ms"), config.count("group.max.session.timeout.ms"),
                config.count("group.initial.rebalance.delay.ms"), usual.newcomerJoinMs(),
                config.count("group.max.size"), config.count("offset.metadata.max.bytes"),
                TimeUnit.MINUTES.toMillis(config.number("offsets.retention.minutes")), usual.retentionCheckMs(),
                usual.maxTombstones(),
                new GroupLimits.Size(config.count("group.member.max.bytes"), usual.size().maxProtocols(),
                        config.count("group.max.bytes")),
                new GroupLimits.Consumer(config.count("group.consumer.max.size"), new Assignors(
                        Arrays.stream(config.value("group.consumer.assignors").split(",", -1))
                                .map(String::strip).filter(one -> !one.isEmpty()).toList()),
                        requireNonNull(MigrationPolicy.of(config.value("group.consumer.migration.policy")),
                                "it was checked")),
                new GroupLimits.Streams(config.count("group.streams.max.size"),
                        config.count("group.streams.max.internal.partitions")),
                config.count("group.share.max.size"));
    }

    /// @param inForce the broker's settings at present
    static GroupOutlook view(ClusterImage image, BrokerConfig inForce) {
        ClusterSettings settings = image.settings();
        OfGroup ofConsumers = usual("consumer.", inForce);
        OfStreamsGroup ofStreams = streams(Collections.emptySortedMap(), inForce);
        return new GroupOutlook(new ImageTopics(image), groupId -> {
            SortedMap<String, String> own = own(settings, groupId);
            return own.isEmpty() ? ofConsumers : times("consumer.", own, inForce);
        }, groupId -> {
            SortedMap<String, String> own = own(settings, groupId);
            return own.isEmpty() ? ofStreams : streams(own, inForce);
        }).withShares(groupId -> ShareSettings.times(image, inForce, groupId));
    }

    private static SortedMap<String, String> own(ClusterSettings settings, String groupId) {
        return settings.of(new ConfigOwner(ConfigOwner.Kind.GROUP, groupId));
    }

    private static OfGroup usual(String kind, BrokerConfig inForce) {
        return times(kind, Collections.emptySortedMap(), inForce);
    }

    private static OfGroup times(String kind, SortedMap<String, String> own, BrokerConfig inForce) {
        return new OfGroup(
                bounded(kind, SESSION, own, inForce), bounded(kind, HEARTBEAT, own, inForce),
                bounded(kind, ASSIGNMENT, own, inForce));
    }

    /// Within what the broker allows, which may have changed since.
    private static int bounded(String kind, String name, SortedMap<String, String> own, BrokerConfig inForce) {
        String value = own.get(kind + name);
        return value == null ? inForce.count(OF_BROKER + kind + name) : Math.clamp(
                Integer.parseInt(value.strip()),
                inForce.count(OF_BROKER + kind + "min." + name), inForce.count(OF_BROKER + kind + "max." + name));
    }

    private static OfStreamsGroup streams(SortedMap<String, String> own, BrokerConfig inForce) {
        String lag = own.get("streams.acceptable.recovery.lag");
        String tags = own.getOrDefault("streams.rack.aware.assignment.tags",
                inForce.value("group.streams.rack.aware.assignment.tags"));
        return new OfStreamsGroup(
                times("streams.", own, inForce),
                number("streams.initial.rebalance.delay.ms", own, inForce),
                Math.max(number("streams.task.offset.interval.ms", own, inForce),
                        inForce.count("group.streams.min.task.offset.interval.ms")),
                new TaskConfig(
                        Math.min(number("streams.num.standby.replicas", own, inForce),
                                inForce.count("group.streams.max.standby.replicas")),
                        Math.min(number("streams.num.warmup.replicas", own, inForce),
                                inForce.count("group.streams.max.warmup.replicas")),
                        lag == null ? inForce.number("group.streams.acceptable.recovery.lag")
                                : Long.parseLong(lag.strip()),
                        Arrays.stream(tags.split(",", -1)).map(String::strip).filter(one -> !one.isEmpty()).toList()));
    }

    private static int number(String name, SortedMap<String, String> own, BrokerConfig inForce) {
        String value = own.get(name);
        return value == null ? inForce.count(OF_BROKER + name) : Integer.parseInt(value.strip());
    }
}
