package io.chapar.processor;

import java.util.concurrent.CompletableFuture;

/// What a runner reads from and writes to.
record Ports(RecordSource source, RecordSink.Factory sinks) {
    /// The same, with rows that go to a database, which in `EXACTLY_ONCE` has the positions too.
    Ports with(Ledger ledger, Delivery delivery) {
        if (delivery != Delivery.EXACTLY_ONCE) {
            return new Ports(source, RowSink.factory(sinks, ledger, delivery,
                    positions -> CompletableFuture.completedFuture(null)));
        }
        LedgerSource claiming = new LedgerSource(source, ledger);
        return new Ports(claiming, RowSink.factory(sinks, ledger, delivery, claiming.mirror()));
    }
}
