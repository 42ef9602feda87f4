package io.chapar.protocol;

/// A structure of the wire that can write itself in a version it knows.
public interface Message {
    /// Throws [IllegalStateException] when a field that matters is set, but unknown to the version.
    void write(WireWriter out, short version);
}
