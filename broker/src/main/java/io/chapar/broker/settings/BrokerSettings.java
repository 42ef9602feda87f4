package io.chapar.broker.settings;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.BrokerStartException;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ClusterSettings;
import io.chapar.broker.metadata.ConfigOwner;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/// What this broker's settings are at present: those it was started with, under those that are set for all brokers,
/// under those that are set for it. From any thread.
public final class BrokerSettings {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerSettings.class);

    /// In which order values count.
    public enum Source { OF_BROKER, OF_ALL, STARTED, BUILT_IN }

    private final BrokerConfig started;
    private final Supplier<ClusterImage> cluster;
    private final ConfigOwner self;
    private volatile Seen seen;

    private record Seen(ClusterSettings settings, BrokerConfig inForce) {}

    public BrokerSettings(BrokerConfig started, Supplier<ClusterImage> cluster) {
        this.started = started;
        this.cluster = cluster;
        this.self = ConfigOwner.broker(started.nodeId());
        this.seen = new Seen(ClusterSettings.NONE, started);
    }

    /// As it was started.
    public BrokerConfig started() {
        return started;
    }

    public BrokerConfig inForce() {
        ClusterSettings settings = cluster.get().settings();
        Seen last = seen;
        // Two threads may both make it anew: the same.
        if (!last.settings().isConfiguredAs(settings)) {
            TreeMap<String, String> dynamic = new TreeMap<>(settings.of(ConfigOwner.allBrokers()));
            dynamic.putAll(settings.of(self));
            last = new Seen(settings, under(started, dynamic));
            seen = last;
        }
        return last.inForce();
    }

    /// Of the value that is in force.
    public Source source(String name) {
        ClusterSettings settings = cluster.get().settings();
        if (settings.of(self).containsKey(name)) {
            return Source.OF_BROKER;
        }
        if (settings.of(ConfigOwner.allBrokers()).containsKey(name)) {
            return Source.OF_ALL;
        }
        return started.isGiven(name) ? Source.STARTED : Source.BUILT_IN;
    }

    /// What is set for this broker alone while it runs.
    public SortedMap<String, String> ofBroker() {
        return cluster.get().settings().of(self);
    }

    /// What is set for all brokers while they run.
    public SortedMap<String, String> ofAll() {
        return cluster.get().settings().of(ConfigOwner.allBrokers());
    }

    /// What cannot be taken, since another version of this broker accepted it, or since it contradicts what this one
    /// was started with, does not hold; all else does.
    private static BrokerConfig under(BrokerConfig started, SortedMap<String, String> dynamic) {
        try {
            return started.under(dynamic);
        } catch (BrokerStartException.BadConfig _) {
            BrokerConfig inForce = started;
            SortedMap<String, String> taken = new TreeMap<>();
            for (Map.Entry<String, String> one : dynamic.entrySet()) {
                taken.put(one.getKey(), one.getValue());
                try {
                    inForce = started.under(taken);
                } catch (BrokerStartException.BadConfig e) {
                    taken.remove(one.getKey());
                    LOG.warn("{}={}, which was set while brokers run, does not hold here: {}", one.getKey(),
                            one.getValue(), e.getMessage());
                }
            }
            return inForce;
        }
    }

    /// The defaults for all brokers alike, for whoever decides about topics.
    public static final class OfAll {
        private final BrokerConfig started;
        private volatile Seen seen;

        public OfAll(BrokerConfig started) {
            this.started = started;
            seen = new Seen(ClusterSettings.NONE, started);
        }

        public BrokerConfig in(ClusterSettings settings) {
            Seen last = seen;
            if (!last.settings().isConfiguredAs(settings)) {
                last = new Seen(settings, under(started, settings.of(ConfigOwner.allBrokers())));
                seen = last;
            }
            return last.inForce();
        }
    }
}
