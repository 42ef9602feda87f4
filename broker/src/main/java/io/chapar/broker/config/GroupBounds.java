package io.chapar.broker.config;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What the broker that decides allows a group to set, beyond what each of its settings may be at all. What a group has
/// set already is held within these bounds where it is read, for they may have changed since.
public final class GroupBounds {
    private static final String OF_BROKER = "group.";
    private static final String SESSION = "session.timeout.ms";
    private static final String HEARTBEAT = "heartbeat.interval.ms";
    private static final List<String> KINDS = List.of("consumer.", "share.", "streams.");
    private static final Map<String, String> HIGHEST = Map.of(
            "streams.num.standby.replicas", "group.streams.max.standby.replicas",
            "streams.num.warmup.replicas", "group.streams.max.warmup.replicas");
    private static final Map<String, String> LOWEST = Map.of(
            "streams.task.offset.interval.ms", "group.streams.min.task.offset.interval.ms");
    private static final String ASSIGNOR = "streams.assignor.name";
    private static final String TAGS = "streams.rack.aware.assignment.tags";
    private static final String DEAD_LETTERS = "errors.deadletterqueue.topic.name";

    private GroupBounds() {}

    /// What is wrong with all that is set of a group, as a sentence that begins with a setting's name; null when
    /// nothing is.
    ///
    /// @param own each of which is fine as [OwnedSettings#problem] has it
    public static @Nullable String problem(Map<String, String> own, BrokerConfig broker) {
        for (Map.Entry<String, String> entry : own.entrySet()) {
            String problem = problem(entry.getKey(), entry.getValue(), broker);
            if (problem != null) {
                return problem;
            }
        }
        for (String kind : KINDS) {
            if (own.containsKey(kind + SESSION) || own.containsKey(kind + HEARTBEAT)) {
                long session = inForce(kind + SESSION, own, broker);
                long heartbeat = inForce(kind + HEARTBEAT, own, broker);
                if (session <= heartbeat) {
                    return kind + SESSION + " (" + session + ") must be more than " + kind + HEARTBEAT + " ("
                            + heartbeat + ").";
                }
            }
        }
        return null;
    }

    private static long inForce(String name, Map<String, String> own, BrokerConfig broker) {
        String value = own.get(name);
        return value == null ? broker.number(OF_BROKER + name) : Long.parseLong(value.strip());
    }

    private static @Nullable String problem(String name, String value, BrokerConfig broker) {
        return switch (name) {
            case ASSIGNOR -> {
                List<String> offered = items(broker.value("group.streams.assignors"));
                yield offered.contains(value.strip()) ? null
                        : name + " must be one of " + String.join(", ", offered) + ", not '" + value + "'.";
            }
            case TAGS -> {
                Set<String> seen = new HashSet<>();
                yield items(value).stream().filter(one -> !seen.add(one)).findFirst()
                        .map(twice -> name + " names '" + twice + "' twice.").orElse(null);
            }
            case DEAD_LETTERS -> value.startsWith("__")
                    ? name + " must not begin with '__', as '" + value + "' does." : null;
            default -> problemOfRange(name, value, broker);
        };
    }

    private static @Nullable String problemOfRange(String name, String value, BrokerConfig broker) {
        String lowest = LOWEST.getOrDefault(name, bound(name, "min."));
        String highest = HIGHEST.getOrDefault(name, bound(name, "max."));
        if (BrokerConfig.setting(lowest) != null && Long.parseLong(value.strip()) < broker.number(lowest)) {
            return name + " must be at least " + broker.number(lowest) + " (" + lowest + "), not " + value + ".";
        }
        if (BrokerConfig.setting(highest) != null && Long.parseLong(value.strip()) > broker.number(highest)) {
            return name + " must be at most " + broker.number(highest) + " (" + highest + "), not " + value + ".";
        }
        return null;
    }

    /// Under what name a broker has such a bound, where it has one.
    private static String bound(String name, String which) {
        int kind = name.indexOf('.') + 1;
        return OF_BROKER + name.substring(0, kind) + which + name.substring(kind);
    }

    private static List<String> items(String list) {
        return Arrays.stream(list.split(",", -1)).map(String::strip).filter(one -> !one.isEmpty()).toList();
    }
}
