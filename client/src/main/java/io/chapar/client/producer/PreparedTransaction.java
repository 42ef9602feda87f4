package io.chapar.client.producer;

import io.chapar.client.UsageException;

/// A transaction that waits for its decision, which somebody else makes and records, together with this (KIP-939).
public record PreparedTransaction(long producerId, short epoch) {
    /// As [#toString] writes it.
    public static PreparedTransaction parse(String text) {
        int colon = text.indexOf(':');
        try {
            return new PreparedTransaction(Long.parseLong(text.substring(0, Math.max(0, colon))),
                    Short.parseShort(text.substring(colon + 1)));
        } catch (NumberFormatException e) {
            throw new UsageException("Not a prepared transaction: " + text);
        }
    }

    @Override
    public String toString() {
        return producerId + ":" + epoch;
    }
}
