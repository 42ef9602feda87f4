package io.chapar.broker.share;

import org.jspecify.annotations.Nullable;

/// What a member says of a record that it has acquired, by the numbers that the protocol has them under.
enum AckType {
    /// There is no such record.
    GAP(0),
    ACCEPT(1),
    RELEASE(2),
    REJECT(3),
    /// It goes on working on it, and wants the lock for another while.
    RENEW(4);

    private final byte code;

    AckType(int code) {
        this.code = (byte) code;
    }

    /// Null where there is none.
    static @Nullable AckType of(byte code) {
        for (AckType type : values()) {
            if (type.code == code) {
                return type;
            }
        }
        return null;
    }
}
