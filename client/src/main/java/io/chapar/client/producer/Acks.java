package io.chapar.client.producer;

import io.chapar.client.KafkaConfigNames;
import io.chapar.client.UsageException;

import java.util.Locale;

/// When a write counts as done.
public enum Acks {
    /// Nobody answers; records may be lost without a trace.
    NONE(0),
    /// The leader wrote it.
    LEADER(1),
    /// All in-sync replicas wrote it.
    ALL(-1);

    private final short code;

    Acks(int code) {
        this.code = (short) code;
    }

    public short code() {
        return code;
    }

    static Acks parse(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "0", "none" -> NONE;
            case "1", "leader" -> LEADER;
            case "-1", "all" -> ALL;
            default -> throw new UsageException(
                    "Setting " + KafkaConfigNames.ACKS + " must be 0, 1 or all, not \"" + text + "\"");
        };
    }
}
