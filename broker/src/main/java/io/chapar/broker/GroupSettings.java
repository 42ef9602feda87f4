package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.group.GroupLimits;
import io.chapar.broker.group.GroupOutlook;
import io.chapar.broker.group.GroupOutlook.OfGroup;
import io.chapar.broker.group.consumer.Assignors;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ClusterSettings;
import io.chapar.broker.metadata.ConfigOwner;

import java.util.Arrays;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;

/// What settings of the broker and of each group mean to the coordinators of groups.
final class GroupSettings {
    private static final String SESSION = "session.timeout.ms";
    private static final String HEARTBEAT = "heartbeat.interval.ms";
    private static final String ASSIGNMENT = "assignment.interval.ms";
    private static final String OF_BROKER = "group.consumer.";
    private static final String OF_GROUP = "consumer.";

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
                                .map(String::strip).filter(one -> !one.isEmpty()).toList())));
    }

    /// @param inForce the broker's settings at present
    static GroupOutlook view(ClusterImage image, BrokerConfig inForce) {
        ClusterSettings settings = image.settings();
        OfGroup usual = new OfGroup(
                inForce.count(OF_BROKER + SESSION), inForce.count(OF_BROKER + HEARTBEAT),
                inForce.count(OF_BROKER + ASSIGNMENT));
        return new GroupOutlook(new ImageTopics(image), groupId -> {
            SortedMap<String, String> own = settings.of(new ConfigOwner(ConfigOwner.Kind.GROUP, groupId));
            return own.isEmpty() ? usual : new OfGroup(
                    own(own, SESSION, usual.sessionMs(), inForce),
                    own(own, HEARTBEAT, usual.heartbeatMs(), inForce),
                    own(own, ASSIGNMENT, usual.assignmentMs(), inForce));
        });
    }

    /// Within what the broker allows, which may have changed since.
    private static int own(SortedMap<String, String> own, String name, int usual, BrokerConfig inForce) {
        String value = own.get(OF_GROUP + name);
        return value == null ? usual : Math.clamp(
                Integer.parseInt(value.strip()),
                inForce.count(OF_BROKER + "min." + name), inForce.count(OF_BROKER + "max." + name));
    }
}
