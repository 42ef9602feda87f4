package io.chapar.processor;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;

/// What a runner reads from and writes to.
record Ports(RecordSource source, RecordSink.Factory sinks, Changelogs changelogs) {
    /// How rows get to a database. `heirs` null: without two phases.
    record Rows(Ledger ledger, String transactionalId, @Nullable Heirs heirs) {
    }

    /// The same, with rows that go to a database, which in `EXACTLY_ONCE` has the positions too.
    Ports with(Rows rows, Delivery delivery, Stages stages) {
        Ledger ledger = rows.ledger();
        HeldRows held = new HeldRows(delivery, stages);
        if (delivery != Delivery.EXACTLY_ONCE) {
            return new Ports(held.with(source), RowSink.factory(sinks, ledger, delivery, held,
                    LedgerSource.Mirror.NONE), changelogs);
        }
        Settlement settlement = rows.heirs() == null ? null : new Settlement(ledger, rows.heirs());
        OpenTransaction open = new OpenTransaction();
        LedgerSource claiming = new LedgerSource(source, ledger, settlement, open);
        return new Ports(claiming, settlement == null
                ? RowSink.factory(sinks, ledger, delivery, held, claiming.mirror())
                : RowSink.factory(settlement, rows.transactionalId(), held, claiming.mirror(), open),
                new Settled(claiming, changelogs));
    }

    /// A changelog is read up to its end when nothing before that is open any more.
    private record Settled(LedgerSource source, Changelogs changelogs) implements Changelogs {
        @Override
        public CompletableFuture<Void> read(SortedMap<TopicPartition, Wanted> wanted) {
            return source.claimed().thenCompose(nothing -> changelogs.read(wanted));
        }

        @Override
        public void drop() {
            changelogs.drop();
        }
    }
}
