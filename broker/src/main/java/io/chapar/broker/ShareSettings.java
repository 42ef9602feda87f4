package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.OwnedSettings;
import io.chapar.broker.group.GroupOutlook.OfGroup;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ConfigOwner;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.share.ShareRules;
import io.chapar.broker.share.state.ShareStateCore;

import java.time.Duration;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;

import static java.util.Objects.requireNonNull;

/// What settings of the broker and of each group mean to share groups.
final class ShareSettings {
    private static final String OF_BROKER = "group.";
    private static final String BY_DURATION = "by_duration:";

    private ShareSettings() {}

    static ShareStateCore.Limits limits(BrokerConfig config) {
        return new ShareStateCore.Limits(
                config.count("share.coordinator.snapshot.update.records.per.snapshot"),
                config.number("share.coordinator.state.topic.prune.interval.ms"));
    }

    /// @param inForce the broker's settings at present
    static OfGroup times(ClusterImage image, BrokerConfig inForce, String groupId) {
        SortedMap<String, String> own = own(image, groupId);
        return new OfGroup(
                bounded(own, "share.session.timeout.ms", inForce),
                bounded(own, "share.heartbeat.interval.ms", inForce),
                bounded(own, "share.assignment.interval.ms", inForce));
    }

    static ShareRules rules(ClusterImage image, BrokerConfig inForce, String groupId) {
        SortedMap<String, String> own = own(image, groupId);
        return new ShareRules(
                bounded(own, "share.record.lock.duration.ms", inForce),
                bounded(own, "share.delivery.count.limit", inForce),
                bounded(own, "share.partition.max.record.locks", inForce),
                Boolean.parseBoolean(value(own, "share.renew.acknowledge.enable")),
                value(own, "share.isolation.level").equals("read_committed")
                        ? Isolation.READ_COMMITTED : Isolation.READ_UNCOMMITTED,
                reset(value(own, "share.auto.offset.reset")));
    }

    private static ShareRules.Reset reset(String value) {
        if (value.startsWith(BY_DURATION)) {
            // As much as a number takes, where it is more: a log may keep such a duration.
            return new ShareRules.Reset(false, TimeUnit.MILLISECONDS.convert(
                    Duration.parse(value.substring(BY_DURATION.length()))));
        }
        return value.equals("earliest") ? ShareRules.Reset.EARLIEST : ShareRules.Reset.LATEST;
    }

    private static SortedMap<String, String> own(ClusterImage image, String groupId) {
        return image.settings().of(new ConfigOwner(ConfigOwner.Kind.GROUP, groupId));
    }

    private static String value(SortedMap<String, String> own, String name) {
        String value = own.get(name);
        return value != null ? value.strip()
                : requireNonNull(OwnedSettings.group().setting(name), "a setting of groups").byDefault();
    }

    /// Within what the broker allows, which may have changed since.
    private static int bounded(SortedMap<String, String> own, String name, BrokerConfig inForce) {
        String value = own.get(name);
        String of = name.substring("share.".length());
        return value == null ? inForce.count(OF_BROKER + name) : Math.clamp(Integer.parseInt(value.strip()),
                inForce.count(OF_BROKER + "share.min." + of), inForce.count(OF_BROKER + "share.max." + of));
    }
}
