package io.chapar.bench.apps;

/// What an application does with each record; each record that comes in gives one that goes out.
public enum AppKind {
    /// A filter that all records pass, and another value.
    STATELESS("stateless", "stateless"),
    /// How many records the key has had, with the count in memory.
    COUNT("count", "counting in memory"),
    /// The same with the count on disk (RocksDB).
    COUNT_ON_DISK("count.disk", "counting on disk"),
    /// A call to somebody else that takes a while.
    CALL("call", "with calls");

    private final String key;
    private final String words;

    AppKind(String key, String words) {
        this.key = key;
        this.words = words;
    }

    public String key() {
        return key;
    }

    public String words() {
        return words;
    }

    public boolean counts() {
        return this == COUNT || this == COUNT_ON_DISK;
    }
}
