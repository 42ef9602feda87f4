package io.chapar.broker.metadata;

import org.jspecify.annotations.Nullable;

import java.util.Comparator;

/// What settings belong to that are neither a topic's nor stated where a broker is started.
///
/// @param name the node of a broker, or empty for all brokers; else whatever it is called
public record ConfigOwner(Kind kind, String name) implements Comparable<ConfigOwner> {
    private static final Comparator<ConfigOwner> ORDER =
            Comparator.comparing(ConfigOwner::kind).thenComparing(ConfigOwner::name);

    /// By the numbers of the wire, which those of the log are, too.
    public enum Kind {
        BROKER(4), CLIENT_METRICS(16), GROUP(32);

        private final byte code;

        Kind(int code) {
            this.code = (byte) code;
        }

        public byte code() {
            return code;
        }

        /// Null when no kind has it.
        public static @Nullable Kind of(byte code) {
            for (Kind kind : values()) {
                if (kind.code == code) {
                    return kind;
                }
            }
            return null;
        }
    }

    public static ConfigOwner allBrokers() {
        return new ConfigOwner(Kind.BROKER, "");
    }

    public static ConfigOwner broker(int node) {
        return new ConfigOwner(Kind.BROKER, Integer.toString(node));
    }

    @Override
    public int compareTo(ConfigOwner other) {
        return ORDER.compare(this, other);
    }
}
