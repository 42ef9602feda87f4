package io.chapar.broker.config;

import org.jspecify.annotations.Nullable;

import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;

/// What whoever reaches the console may do.
public enum ConsoleAccess {
    OFF,
    READ,
    WRITE;

    /// Of a broker with these settings.
    public static ConsoleAccess of(BrokerConfig config) {
        HostPort at = config.metricsListener();
        return at == null ? OFF : switch (config.value("console.access")) {
            case "off" -> OFF;
            case "read" -> READ;
            case "write" -> WRITE;
            default -> at.isThisMachineAlone() ? READ : OFF;
        };
    }

    /// Names by which browsers may come, in small letters: those that this broker is said to have.
    public static SortedSet<String> hosts(BrokerConfig config) {
        SortedSet<String> hosts = new TreeSet<>();
        for (HostPort one : new @Nullable HostPort[] {config.metricsListener(), config.advertised()}) {
            if (one != null && one.isNamed()) {
                hosts.add(one.host().toLowerCase(Locale.ROOT));
            }
        }
        return hosts;
    }
}
