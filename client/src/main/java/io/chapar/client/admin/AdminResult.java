package io.chapar.client.admin;

import io.chapar.client.ChaparException;
import io.chapar.protocol.ErrorCode;

/// What became of one item of an admin call: each topic, group or transaction has its own.
public sealed interface AdminResult<T> {
    record Done<T>(T value) implements AdminResult<T> {
    }

    /// The value of an item that was done and has nothing more to tell.
    enum Success { SUCCESS }

    record Refused<T>(ErrorCode error, ChaparException cause) implements AdminResult<T> {
    }

    /// The value, or the refusal thrown.
    default T get() {
        return switch (this) {
            case Done<T>(T value) -> value;
            case Refused<T>(ErrorCode error, ChaparException cause) -> throw cause;
        };
    }
}
