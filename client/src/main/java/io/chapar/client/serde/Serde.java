package io.chapar.client.serde;

import org.jspecify.annotations.Nullable;

/// A type's form on the wire. Both directions map null to null: a null value is a tombstone, a null key means no key.
/// Implementations are stateless or thread-safe; several threads send at once.
public interface Serde<T> {
    /// The bytes of `data`, or null for null. The array is not changed afterwards by either side.
    byte @Nullable [] serialize(String topic, @Nullable T data);

    /// The value of `bytes`, or null for null; [SerdeException] when the bytes are not of this type.
    @Nullable T deserialize(String topic, byte @Nullable [] bytes);
}
