package io.chapar.broker.coordinator;

import io.chapar.txn.AddMode;
import io.chapar.txn.TxnCommand;
import io.chapar.txn.TxnReply;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.function.Consumer;

/// Who was last seen to initialise a transactional id or to open its transaction, for the ids of one loop. In memory
/// alone: after a restart an id is without origin until its client comes again. Of more than [#MAX] ids those that were
/// noted longest ago are forgotten.
final class TxnOrigins {
    static final int MAX = 50_000;

    private final LinkedHashMap<String, TxnOrigin> byId = new LinkedHashMap<>();

    /// Null when it is not known.
    @Nullable TxnOrigin of(String transactionalId) {
        return byId.get(transactionalId);
    }

    /// `answer`, before which the client is noted if the command was granted.
    ///
    /// @param from null for nobody to remember
    Consumer<TxnReply> remembering(TxnCommand command, @Nullable TxnOrigin from, Consumer<TxnReply> answer) {
        boolean opens = command instanceof TxnCommand.InitProducer
                || (command instanceof TxnCommand.AddPartitions add && add.mode() == AddMode.ADD);
        if (from == null || !opens) {
            return answer;
        }
        return reply -> {
            if (!(reply instanceof TxnReply.Refused)) {
                note(command, from);
            }
            answer.accept(reply);
        };
    }

    private void note(TxnCommand command, TxnOrigin from) {
        String id = command.transactionalId();
        byId.remove(id);
        byId.put(id, from);
        if (byId.size() > MAX) {
            byId.pollFirstEntry();
        }
    }
}
