package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/// The states, pairs and words of [TransitionsTest]'s tables.
final class TransitionStates {
    static final long P = 70;
    static final long NEXT = 900;
    static final long HEIR = 88;
    static final long NOW = 50_000;
    static final int TIMEOUT = 1_000;
    static final TopicPartition A = new TopicPartition("a", 0);
    static final TopicPartition B = new TopicPartition("b", 1);
    static final short EXHAUSTED = ProducerEpochs.LAST_USABLE;
    static final List<String> ALL = List.of(
            "none", "Empty", "EmptyFresh", "Empty!", "EmptyNew",
            "Ongoing", "Ongoing1", "Ongoing!", "Ongoing!!", "Heir", "HeirNew", "HeirLast",
            "PC", "PA", "PAfence", "PC!", "PA!", "PC1", "PA1", "PCheir", "PAheir",
            "CC", "CA", "CAfence", "CC1", "CA1", "CC!", "CA!");
    private static final List<String> RELATIONS =
            List.of("other", "older", "last", "same", "newer", "P.last", "heir", "h.last");
    private static final long OTHER = 55;
    private static final short E = 5;

    private TransitionStates() {}

    static TxnState of(String name) {
        short none = ProducerEpochs.NONE;
        short last = E - 1;
        return switch (name) {
            case "none" -> null;
            case "Empty" -> new TxnState.Empty(P, E, last, -1, TIMEOUT, 1);
            case "EmptyFresh" -> new TxnState.Empty(P, E, none, -1, TIMEOUT, 1);
            case "EmptyOld" -> new TxnState.Empty(
                    P, E, none, -1, TIMEOUT, NOW - TxnLimits.DEFAULTS.idExpirationMs());
            case "Empty!" -> new TxnState.Empty(P, EXHAUSTED, (short) (EXHAUSTED - 1), -1, TIMEOUT, 1);
            case "EmptyNew" -> new TxnState.Empty(NEXT, (short) 0, EXHAUSTED, P, TIMEOUT, 1);
            case "Ongoing" -> ongoing(E, A, TIMEOUT, 1, null);
            case "OngoingB" -> ongoing(E, B, TIMEOUT, 1, null);
            case "OngoingYoung" -> ongoing(E, A, TIMEOUT, NOW - TIMEOUT + 1, null);
            case "OngoingForever" -> ongoing(E, A, TxnState.NO_TIMEOUT, -9_000_000_000L, null);
            case "Ongoing1" -> new TxnState.Ongoing(P, E, TIMEOUT, 1, 1, set(A), TxnVersion.V1);
            case "Ongoing!" -> ongoing(EXHAUSTED, A, TIMEOUT, 1, null);
            case "Ongoing!!" -> ongoing(Short.MAX_VALUE, A, TIMEOUT, 1, null);
            case "Heir" -> ongoing(E, A, TIMEOUT, 1, new TxnReply.Granted(P, (short) (E + 1)));
            case "HeirNew" -> ongoing(E, A, TIMEOUT, 1, new TxnReply.Granted(HEIR, (short) 3));
            case "HeirLast" -> ongoing(E, A, TIMEOUT, 1, new TxnReply.Granted(P, (short) (EXHAUSTED - 1)));
            case "PC" -> preparing(Outcome.COMMIT, E, last, -1, TxnVersion.V2);
            case "PA" -> preparing(Outcome.ABORT, E, last, -1, TxnVersion.V2);
            case "PAfence" -> preparing(Outcome.ABORT, E, none, -1, TxnVersion.V2);
            case "PC!" -> preparing(Outcome.COMMIT, Short.MAX_VALUE, EXHAUSTED, NEXT, TxnVersion.V2);
            case "PA!" -> preparing(Outcome.ABORT, Short.MAX_VALUE, EXHAUSTED, NEXT, TxnVersion.V2);
            case "PC1" -> preparing(Outcome.COMMIT, E, none, -1, TxnVersion.V1);
            case "PA1" -> preparing(Outcome.ABORT, E, none, -1, TxnVersion.V1);
            case "PCheir" -> inherited(Outcome.COMMIT);
            case "PAheir" -> inherited(Outcome.ABORT);
            case "CC" -> completed(Outcome.COMMIT, P, E, last, -1, TxnVersion.V2);
            case "CCOld" -> new TxnState.Completed(Outcome.COMMIT, P, E, last, -1, TIMEOUT, 1,
                    NOW - TxnLimits.DEFAULTS.idExpirationMs(), TxnVersion.V2);
            case "CA" -> completed(Outcome.ABORT, P, E, last, -1, TxnVersion.V2);
            case "CAfence" -> completed(Outcome.ABORT, P, E, none, -1, TxnVersion.V2);
            case "CC1" -> completed(Outcome.COMMIT, P, E, none, -1, TxnVersion.V1);
            case "CA1" -> completed(Outcome.ABORT, P, E, none, -1, TxnVersion.V1);
            case "CC!" -> completed(Outcome.COMMIT, NEXT, (short) 0, EXHAUSTED, P, TxnVersion.V2);
            case "CA!" -> completed(Outcome.ABORT, NEXT, (short) 0, EXHAUSTED, P, TxnVersion.V2);
            default -> throw new IllegalArgumentException(name);
        };
    }

    /// Null when the state has no such pair.
    static TxnReply.Granted pair(TxnState state, String relation) {
        long id = state == null ? P : state.producerId();
        short same = state == null ? E : state.producerEpoch();
        TxnReply.Granted heir = switch (state) {
            case TxnState.Ongoing open -> open.heir();
            case TxnState.Preparing p when p.nextId() >= 0 -> p.successor();
            case null, default -> null;
        };
        return switch (relation) {
            case "other" -> new TxnReply.Granted(OTHER, same);
            case "older" -> new TxnReply.Granted(id, same < 2 ? (short) 7 : (short) (same - 2));
            case "last" -> new TxnReply.Granted(id, same == 0 ? (short) 9 : (short) (same - 1));
            case "same" -> new TxnReply.Granted(id, same);
            case "newer" -> new TxnReply.Granted(id, same == Short.MAX_VALUE ? (short) 3 : (short) (same + 1));
            case "P.last" -> new TxnReply.Granted(P, EXHAUSTED);
            case "heir" -> heir;
            case "h.last" -> heir == null || heir.producerEpoch() == 0
                    ? null
                    : new TxnReply.Granted(heir.producerId(), (short) (heir.producerEpoch() - 1));
            case "none" -> new TxnReply.Granted(-1, (short) -1);
            default -> throw new IllegalArgumentException(relation);
        };
    }

    /// Every pair that the tables know for this state, but for none.
    static List<TxnReply.Granted> pairs(TxnState state) {
        List<TxnReply.Granted> pairs = new ArrayList<>();
        for (String relation : RELATIONS) {
            TxnReply.Granted pair = pair(state, relation);
            if (pair != null) {
                pairs.add(pair);
            }
        }
        return pairs;
    }

    /// Every command that a client can send with this pair and that may be repeated.
    static List<TxnCommand> commands(TxnReply.Granted pair) {
        List<TxnCommand> commands = new ArrayList<>();
        for (Outcome outcome : Outcome.values()) {
            for (TxnVersion version : TxnVersion.values()) {
                commands.add(new TxnCommand.End("t", pair.producerId(), pair.producerEpoch(), outcome, version));
            }
        }
        commands.add(new TxnCommand.InitProducer("t", TIMEOUT, pair.producerId(), pair.producerEpoch()));
        commands.add(new TxnCommand.InitProducer("t", TIMEOUT, pair.producerId(), pair.producerEpoch(),
                new TxnCommand.Take(true, true), TxnCommand.Asker.UNKNOWN));
        commands.add(new TxnCommand.AddPartitions(
                "t", pair.producerId(), pair.producerEpoch(), List.of(B), AddMode.ADD, TxnVersion.V2));
        commands.add(new TxnCommand.AddPartitions(
                "t", pair.producerId(), pair.producerEpoch(), List.of(B), AddMode.ADD, TxnVersion.V1));
        return commands;
    }

    static TxnState throughBytes(TxnRecord record) {
        return TxnRecordCodec.read(TxnRecordCodec.key(record), TxnRecordCodec.value(record)).state();
    }

    private static TxnState ongoing(
            short epoch, TopicPartition partition, int timeoutMs, long startedMs, TxnReply.Granted heir) {
        return new TxnState.Ongoing(
                P, epoch, timeoutMs, startedMs, startedMs, set(partition), TxnVersion.V2, heir);
    }

    private static TxnState preparing(Outcome outcome, short epoch, short last, long nextId, TxnVersion version) {
        return new TxnState.Preparing(outcome, P, epoch, last, nextId, TIMEOUT, 1, 2, set(A), version);
    }

    private static TxnState inherited(Outcome outcome) {
        return new TxnState.Preparing(outcome, P, (short) (E + 1), (short) 3, HEIR, (short) 4, TIMEOUT, 1, 2, set(A),
                TxnVersion.V2);
    }

    private static TxnState completed(
            Outcome outcome, long id, short epoch, short last, long previousId, TxnVersion version) {
        return new TxnState.Completed(outcome, id, epoch, last, previousId, TIMEOUT, 1, 2, version);
    }

    private static SortedSet<TopicPartition> set(TopicPartition... partitions) {
        return new TreeSet<>(Arrays.asList(partitions));
    }

    // ---- words

    static String show(TxnDecision decision) {
        return switch (decision) {
            case TxnDecision.Refuse refuse -> show(refuse.error());
            case TxnDecision.Answer(TxnReply.Granted pair) -> "OK " + pair.producerId() + "/" + pair.producerEpoch();
            case TxnDecision.Answer(TxnReply.Partitions all) -> show(all.results().get(B));
            case TxnDecision.Answer(TxnReply.Refused refused) -> show(refused.error());
            case TxnDecision.Answer(TxnReply.Kept kept) -> "KEPT " + kept;
            case TxnDecision.AwaitMarkers _ -> "WAIT";
            case TxnDecision.AwaitProducerId _ -> "NO ID";
            case TxnDecision.Ignore _ -> "IGNORE";
            case TxnDecision.Persist persist -> show(persist.record().state());
            case TxnDecision.PersistThenDecide persist -> show(persist.record().state()).replace("PA ", "PAf ");
        };
    }

    private static String show(ErrorCode error) {
        return switch (error) {
            case NONE -> "YES";
            case PRODUCER_FENCED -> "FENCED";
            case INVALID_PRODUCER_ID_MAPPING -> "MAPPING";
            case INVALID_TXN_STATE -> "STATE";
            case TRANSACTION_ABORTABLE -> "ABORTABLE";
            default -> error.name();
        };
    }

    private static String show(TxnState state) {
        return switch (state) {
            case null -> "FORGET";
            case TxnState.Empty s -> "E " + s.producerId() + "/" + s.producerEpoch() + "/" + s.lastEpoch()
                    + (s.previousId() < 0 ? "" : "<" + s.previousId());
            case TxnState.Ongoing s -> "O " + s.producerId() + "/" + s.producerEpoch() + " "
                    + String.join("", s.partitions().stream().map(TopicPartition::topic).toList())
                    + (s.heir() == null ? "" : " ^" + s.heir().producerId() + "/" + s.heir().producerEpoch());
            case TxnState.Preparing s -> (s.outcome() == Outcome.COMMIT ? "PC" : "PA")
                    + (s.version() == TxnVersion.V1 ? "1" : "") + (s.partitions().isEmpty() ? "0 " : " ")
                    + s.producerId() + "/" + s.producerEpoch() + (s.nextId() < 0 ? "" : ">" + s.nextId())
                    + (s.nextEpoch() == 0 ? "" : "/" + s.nextEpoch());
            case TxnState.Completed s -> (s.outcome() == Outcome.COMMIT ? "CC " : "CA ") + s.producerId() + "/"
                    + s.producerEpoch() + "/" + s.lastEpoch() + (s.previousId() < 0 ? "" : "<" + s.previousId());
        };
    }
}
