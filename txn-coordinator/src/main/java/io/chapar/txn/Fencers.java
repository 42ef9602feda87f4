package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.function.Consumer;

/// Who shut out the pairs that a transactional id had before, in words for people.
final class Fencers {
    private Fencers() {}

    /// Remembers for those that come too late who shut them out, and says so at once.
    static void note(
            TxnTable.Entry entry, @Nullable TxnCommand cause, TxnRecord record, Consumer<TxnEffect> out) {
        TxnState before = entry.state;
        if (before == null || record.state() == null) {
            return;
        }
        TxnReply.Granted fenced = new TxnReply.Granted(before.producerId(), before.producerEpoch());
        if (cause instanceof TxnCommand.TimeOut && before instanceof TxnState.Ongoing open) {
            entry.fencer = "the coordinator aborted a transaction that was open for longer than its timeout of "
                    + open.timeoutMs() + " ms";
            out.accept(new TxnEffect.Fenced(entry.transactionalId, open.holder(), entry.fencer));
        } else if (cause instanceof TxnCommand.InitProducer init && !(record.state() instanceof TxnState.Preparing)) {
            TxnReply.Granted given = record.state() instanceof TxnState.Ongoing kept
                    ? kept.holder()
                    : new TxnReply.Granted(record.state().producerId(), record.state().producerEpoch());
            entry.fencer = init.asker() + " has taken the transactional id and was given " + given;
            if (!init.namesPair()) {
                out.accept(new TxnEffect.Fenced(entry.transactionalId, fenced, entry.fencer));
            }
        }
    }

    /// Why a command is refused, with who shut its pair out where that is known.
    static @Nullable String reason(TxnTable.Entry entry, TxnDecision.Refuse refuse) {
        return refuse.error() == ErrorCode.PRODUCER_FENCED && entry.fencer != null
                ? refuse.reason() + ": " + entry.fencer
                : refuse.reason();
    }
}
