package io.chapar.protocol;

/// Something with a form on the wire, which depends on the version.
public interface Message {
    /// Throws [IllegalStateException] when a value cannot be said in this version.
    void write(WireWriter out, short version);
}
