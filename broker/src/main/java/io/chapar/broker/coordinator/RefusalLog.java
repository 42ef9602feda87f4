package io.chapar.broker.coordinator;

import io.chapar.broker.budget.LogBudget;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.txn.AddMode;
import io.chapar.txn.Outcome;
import io.chapar.txn.TxnCommand;
import io.chapar.txn.TxnEffect;
import io.chapar.txn.TxnReply;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.List;
import java.util.regex.Pattern;

/// Says in the broker's log why a transactional client was refused, which the protocol has no field for in most
/// answers. So many lines a second, each so long, and no more: a client that repeats itself, or has much to say, does
/// not fill the disk.
final class RefusalLog {
    private static final Logger LOG = LoggerFactory.getLogger(RefusalLog.class);
    private static final LogBudget LINES = new LogBudget(20);
    /// Of what a client chose, in one place of a line.
    static final int MAX_CHARS = 250;
    private static final int MAX_PARTITIONS = 5;

    private static final Pattern CONTROL = Pattern.compile("[\\x00-\\x1f\\x7f-\\x9f]");

    void refused(TxnCommand command, TxnReply.Refused refused, long nowMs) {
        String end = isWorthSaying(refused.error()) ? LINES.line(nowMs) : null;
        if (end != null) {
            LOG.info("Transactional id '{}': {} is refused with {}: {}{}",
                    shown(command.transactionalId()), nameOf(command), refused.error(),
                    refused.reason() == null ? null : shown(refused.reason()), end);
        }
    }

    void fenced(TxnEffect.Fenced fenced, long nowMs) {
        String end = LINES.line(nowMs);
        if (end != null) {
            LOG.info("Transactional id '{}': {} is fenced: {}{}",
                    shown(fenced.transactionalId()), fenced.fenced(), shown(fenced.by()), end);
        }
    }

    /// A producer without a transactional id got no id.
    void noProducerId(String reason, long nowMs) {
        String end = LINES.line(nowMs);
        if (end != null) {
            LOG.warn("A producer id is refused: {}{}", reason, end);
        }
    }

    /// What a client chose, on one line: cut where it is long, and with a `?` for every control character.
    static String shown(String text) {
        String head = text.length() <= MAX_CHARS ? text : text.substring(0, MAX_CHARS) + "...";
        return head.chars().anyMatch(Character::isISOControl) ? CONTROL.matcher(head).replaceAll("?") : head;
    }

    /// What its client takes for the end of a transaction, or its own, and limits; everything else passes.
    private static boolean isWorthSaying(ErrorCode error) {
        return switch (error) {
            case PRODUCER_FENCED, INVALID_PRODUCER_ID_MAPPING, INVALID_TXN_STATE, POLICY_VIOLATION,
                    TRANSACTION_ABORTABLE -> true;
            default -> false;
        };
    }

    static String nameOf(TxnCommand command) {
        return switch (command) {
            case TxnCommand.InitProducer _ -> "InitProducerId";
            case TxnCommand.AddPartitions add -> (add.mode() == AddMode.ADD ? "adding " : "verifying ")
                    + shown(add.partitions()) + " by producer " + add.producerId() + " epoch " + add.producerEpoch();
            case TxnCommand.End end -> (end.outcome() == Outcome.COMMIT ? "the commit" : "the abort") + " by producer "
                    + end.producerId() + " epoch " + end.producerEpoch();
            case TxnCommand.TimeOut _, TxnCommand.Complete _, TxnCommand.Expire _ -> command.toString();
        };
    }

    private static String shown(List<TopicPartition> partitions) {
        int more = partitions.size() - MAX_PARTITIONS;
        return more <= 0 ? partitions.toString() : partitions.subList(0, MAX_PARTITIONS) + " and " + more + " more";
    }
}
