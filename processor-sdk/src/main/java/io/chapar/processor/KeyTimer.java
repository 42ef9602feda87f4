package io.chapar.processor;

/// Something that a `process` step does for a key at a time. A key has each timer once: setting it again moves it.
public record KeyTimer(String name, Clock clock) {
    public enum Clock {
        /// The latest time of the records that have come to the step in its partition.
        STREAM_TIME,
        /// That of the machine.
        WALL_CLOCK
    }

    public KeyTimer {
        KeyRows.requireName(name);
    }

    /// Due when a record of the partition has brought stream time so far; after that record, before the next one.
    public static KeyTimer inStreamTime(String name) {
        return new KeyTimer(name, Clock.STREAM_TIME);
    }

    /// Due when it is so late, whether records come or not.
    public static KeyTimer onWallClock(String name) {
        return new KeyTimer(name, Clock.WALL_CLOCK);
    }
}
