package io.chapar.processor;

import io.chapar.client.UsageException;
import org.jspecify.annotations.Nullable;

/// A store that is built from its changelog, batch by batch: what is read is kept, so that a restore that is cut off
/// goes on from there.
///
/// @param each told of each entry
record Filling(Store store, Runnable each) implements Changelogs.Entries {
    @Override
    public void forget() {
        store.forget();
    }

    @Override
    public void entry(byte[] key, byte @Nullable [] value) {
        try {
            store.restore(key, value);
        } catch (StateFullException full) {
            throw new UsageException(String.valueOf(full.getMessage()));
        }
        each.run();
    }

    @Override
    public void reached(Standing standing) {
        store.reached(standing);
    }
}
