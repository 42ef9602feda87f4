package io.chapar.broker.metadata;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// Which quotas there are, for whom, and what they may be: Kafka's.
public final class Quotas {
    /// Bytes per second of what one client sends to a broker.
    public static final String PRODUCED = "producer_byte_rate";
    /// Bytes per second of what one client reads from a broker.
    public static final String CONSUMED = "consumer_byte_rate";

    private static final List<String> OF_CLIENTS =
            List.of(PRODUCED, CONSUMED, "request_percentage", "controller_mutation_rate");
    private static final List<String> OF_ADDRESSES = List.of("connection_creation_rate");
    private static final List<String> WHOLE = List.of(PRODUCED, CONSUMED, "connection_creation_rate");

    private Quotas() {}

    /// What is wrong with whom a quota is to be for, as a sentence; null when nothing is.
    static @Nullable String problem(QuotaEntity entity) {
        boolean isClient = entity.user() != null || entity.clientId() != null;
        if (isClient == (entity.ip() != null)) {
            return isClient ? "A quota is for users and clients, or for addresses, not for both."
                    : "A quota is for a user, a client id or an address.";
        }
        for (String part : new String[] {entity.user(), entity.clientId(), entity.ip()}) {
            if (part != null && part.length() > SettingsChanges.MOST_NAME_CHARS) {
                return "A name has at most " + SettingsChanges.MOST_NAME_CHARS + " characters.";
            }
        }
        return null;
    }

    /// @param value null when it is to be removed
    static @Nullable String problem(QuotaEntity entity, String name, @Nullable Double value) {
        List<String> known = entity.ip() != null ? OF_ADDRESSES : OF_CLIENTS;
        if (!known.contains(name)) {
            return "There is no quota '" + name + "' for this; there are " + String.join(", ", known) + ".";
        }
        if (value == null) {
            return null;
        }
        boolean isWhole = value == Math.rint(value) && value <= Long.MAX_VALUE;
        boolean isEnough = value > 0 || (value == 0 && entity.ip() != null);
        return isEnough && !value.isInfinite() && (isWhole || !WHOLE.contains(name)) ? null
                : name + " must be a " + (WHOLE.contains(name) ? "whole " : "") + "number above 0, not " + value + ".";
    }
}
