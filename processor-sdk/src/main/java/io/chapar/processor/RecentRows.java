package io.chapar.processor;

import org.jspecify.annotations.Nullable;

/// What keys have in a store on disk, of those that were read or written last: one that comes again soon is not looked
/// for there. Bounded; what nobody has asked for goes first. Calls are made one at a time.
final class RecentRows {
    /// That a key has nothing. Told apart by identity: values may be empty too.
    private static final byte[] NOTHING = new byte[0];
    /// What an entry takes beside its key and value, roughly.
    private static final int ENTRY_BYTES = 150;

    private Entries young = new Entries();
    /// Those that were young before; what is asked for becomes young again.
    private Entries old = new Entries();
    private long youngBytes;

    /// Null: it is not known what the key has.
    byte @Nullable [] find(byte[] key, long maxBytes) {
        byte[] known = young.get(key);
        if (known == null && !old.isEmpty()) {
            known = old.get(key);
            if (known != null) {
                keep(key, known, maxBytes);
            }
        }
        return known;
    }

    /// What [#find] has given, as a value; null is none.
    @SuppressWarnings("ReferenceEquality")
    static byte @Nullable [] value(byte[] known) {
        return known == NOTHING ? null : known;
    }

    /// The key has this; null is nothing. Together they take about `maxBytes` at most: one that alone takes more than
    /// half of that is not kept.
    void put(byte[] key, byte @Nullable [] value, long maxBytes) {
        keep(key, value == null ? NOTHING : value, maxBytes);
    }

    private void keep(byte[] key, byte[] known, long maxBytes) {
        long size = (long) ENTRY_BYTES + key.length + known.length;
        if (size > maxBytes / 2) {
            drop(key);
            return;
        }
        if (youngBytes + size > maxBytes / 2) {
            old = young;
            young = new Entries();
            youngBytes = 0;
        }
        byte[] before = young.put(key, known);
        youngBytes += before == null ? size : known.length - before.length;
    }

    private void drop(byte[] key) {
        byte[] before = young.remove(key);
        youngBytes -= before == null ? 0 : ENTRY_BYTES + key.length + before.length;
        old.remove(key);
    }

    int count() {
        return young.size() + old.size();
    }

    void clear() {
        young = new Entries();
        old = new Entries();
        youngBytes = 0;
    }
}
