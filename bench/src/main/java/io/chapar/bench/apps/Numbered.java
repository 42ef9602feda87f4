package io.chapar.bench.apps;

import java.nio.ByteBuffer;

/// Records with a number of their own, counted from 0, whose keys take turns: what goes out of an application tells
/// which record went in, also where it is only how many its key had before.
///
/// @param prefix of the keys, so that records of two origins in one topic are told apart
/// @param keys how many different ones
public record Numbered(String prefix, int keys) {
    private static final int VALUE_BYTES = 100;

    public String key(long number) {
        return prefix + number % keys;
    }

    public boolean has(String key) {
        return key.startsWith(prefix);
    }

    public byte[] value(long number) {
        byte[] value = new byte[VALUE_BYTES];
        ByteBuffer.wrap(value).putLong(number);
        return value;
    }

    /// The number of the record that this came of.
    public long number(AppKind kind, String key, byte[] output) {
        long told = ByteBuffer.wrap(output).getLong();
        return kind.counts() ? (told - 1) * keys + keyIndex(key) : told;
    }

    /// Which of the keys it is, from 0.
    public int keyIndex(String key) {
        return Integer.parseInt(key, prefix.length(), key.length(), 10);
    }

    /// What applications make of a value: the same number in front of something else.
    static byte[] changed(byte[] value) {
        byte[] other = value.clone();
        other[VALUE_BYTES - 1]++;
        return other;
    }
}
