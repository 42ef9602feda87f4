package io.chapar.broker.handler;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.protocol.message.DescribeConfigsResponse.DescribeConfigsSynonym;
import org.jspecify.annotations.Nullable;

import java.util.Set;

/// Under what names Kafka shows what holds by default of groups: those of the broker's settings.
final class GroupSynonyms {
    /// Which no broker has.
    private static final Set<String> OF_GROUPS_ALONE = Set.of("share.auto.offset.reset", "share.isolation.level",
            "share.renew.acknowledge.enable", "errors.deadletterqueue.topic.name",
            "errors.deadletterqueue.copy.record.enable");
    private static final String ASSIGNOR = "streams.assignor.name";

    private GroupSynonyms() {}

    /// Null where there is none.
    static @Nullable DescribeConfigsSynonym builtIn(BrokerConfig.Setting setting) {
        String name = setting.name();
        return OF_GROUPS_ALONE.contains(name) ? null : new DescribeConfigsSynonym(
                name.equals(ASSIGNOR) ? "group.streams.assignors" : "group." + name, setting.byDefault(),
                ConfigSource.BUILT_IN.wire());
    }
}
