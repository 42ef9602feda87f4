package io.chapar.processor;

import io.chapar.protocol.TopicPartition;

import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/// Nothing is restored, nor processed after it, before global tables are whole. By then the sink is open and partitions
/// are claimed: a transaction that is open in a global table may be the application's own, which ends by that.
///
/// @param home where the futures end
record GlobalsFirst(GlobalReader globals, Changelogs changelogs, Executor home) implements Changelogs {
    @Override
    public CompletableFuture<Void> read(SortedMap<TopicPartition, Wanted> wanted) {
        return globals.whole().thenComposeAsync(nothing -> wanted.isEmpty()
                ? CompletableFuture.completedFuture(null) : changelogs.read(wanted), home);
    }

    @Override
    public void drop() {
        changelogs.drop();
    }
}
