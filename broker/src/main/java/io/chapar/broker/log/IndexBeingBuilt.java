package io.chapar.broker.log;

import java.io.IOException;

/// What is asked for cannot be found until an index has been built anew, away from the loop: nothing is wrong with the
/// disk, and whoever asks waits with [PartitionLog#onIndexed] and asks again.
public final class IndexBeingBuilt extends IOException {
    private static final long serialVersionUID = 1;

    IndexBeingBuilt(String logPath) {
        super("the index of " + logPath + " is being built anew");
    }
}
