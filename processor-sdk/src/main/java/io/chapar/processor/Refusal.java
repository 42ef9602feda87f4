package io.chapar.processor;

import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.RetriableException;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.sql.SQLException;
import java.util.List;
import java.util.TreeMap;

/// One output of an input record that the cluster does not take, for what it is or where it shall go, or its rows,
/// which the database does not. What is refused for the state of cluster, group or transaction is none.
///
/// @param output null: the rows
record Refusal(SourceRecord input, @Nullable SinkRecord output, ChaparException cause) {
    /// `together`: some of these rows, or of others', were meant.
    static Refusal ofRows(SourceRecord input, boolean together, SQLException cause) {
        return new Refusal(input, null, new FatalException(together ? ErrorCode.INVALID_RECORD
                : ErrorCode.POLICY_VIOLATION, cause.getMessage() + " (SQLSTATE " + cause.getSQLState() + ")", cause));
    }

    /// Whether a record, or the topic it names, is the reason of this failure. A topic that is not there yet counts
    /// once the producer has waited `max.block.ms` for it.
    static boolean isOne(Throwable failure) {
        return switch (failure) {
            case FatalException fatal -> switch (fatal.errorCode()) {
                case MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE, INVALID_RECORD, INVALID_TIMESTAMP, POLICY_VIOLATION,
                        UNSUPPORTED_FOR_MESSAGE_FORMAT -> true;
                default -> isAboutTopic(fatal);
            };
            case RetriableException notDone -> isMissingTopic(notDone);
            default -> false;
        };
    }

    /// The topic takes nothing at all from this application.
    static boolean isAboutTopic(ChaparException cause) {
        return switch (cause.errorCode()) {
            case INVALID_TOPIC_EXCEPTION, TOPIC_AUTHORIZATION_FAILED -> true;
            default -> isMissingTopic(cause);
        };
    }

    /// Time may heal it: somebody creates the topic.
    static boolean isMissingTopic(ChaparException cause) {
        return cause.errorCode() == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                || cause.errorCode() == ErrorCode.UNKNOWN_TOPIC_ID;
    }

    /// The first of each input record.
    static List<Refusal> ofEachInput(List<Refusal> refusals) {
        TreeMap<TopicPartition, TreeMap<Long, Refusal>> first = new TreeMap<>();
        for (Refusal refusal : refusals) {
            first.computeIfAbsent(refusal.input().partition(), partition -> new TreeMap<>())
                    .putIfAbsent(refusal.input().offset(), refusal);
        }
        return first.values().stream().flatMap(ofPartition -> ofPartition.values().stream()).toList();
    }

    /// False: it was refused with the whole batch it was in, for itself or for another record there.
    boolean isExact() {
        return cause.errorCode() == ErrorCode.MESSAGE_TOO_LARGE || isAboutTopic(cause)
                || (output == null && cause.errorCode() != ErrorCode.INVALID_RECORD);
    }
}
