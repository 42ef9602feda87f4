package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

/// Every state, with every command, with every relation of the request's pair to the state's. The tables are the
/// specification; each cell is a test.
///
/// Columns are the pair of the request: `other` a foreign producer id, else the relation of its epoch to the state's:
/// older by two, last (one below), same, newer. `P.last` is the exhausted pair before a replacement of the producer id,
/// `none` no pair. Cells: FENCED, MAPPING, STATE, ABORTABLE, CONCURRENT are refusals, WAIT waits for markers, OK
/// answers without writing, everything else is the state written.
class TransitionsTest {
    private static final long P = 70;
    private static final long NEXT = 900;
    private static final long OTHER = 55;
    private static final short E = 5;
    private static final long NOW = 50_000;
    private static final int TIMEOUT = 1_000;
    private static final TopicPartition A = new TopicPartition("a", 0);
    private static final TopicPartition B = new TopicPartition("b", 1);
    private static final short EXHAUSTED = ProducerEpochs.LAST_USABLE;

    @TestFactory
    Stream<DynamicTest> commitOfVersion2() {
        return table(
                """
                state      | other   | older  | last   | same           | newer  | P.last
                none       | MAPPING | MAPPING| MAPPING| MAPPING        | MAPPING| MAPPING
                Empty      | MAPPING | FENCED | FENCED | STATE          | FENCED | FENCED
                Ongoing    | MAPPING | FENCED | FENCED | PC 70/6        | FENCED | FENCED
                Ongoing!   | MAPPING | FENCED | FENCED | PC 70/32767>900| FENCED | PC 70/32767>900
                Ongoing!!  | MAPPING | FENCED | FENCED | FENCED         | FENCED | FENCED
                PC         | MAPPING | FENCED | WAIT   | WAIT           | FENCED | FENCED
                PA         | MAPPING | FENCED | STATE  | WAIT           | FENCED | FENCED
                PAfence    | MAPPING | FENCED | FENCED | WAIT           | FENCED | FENCED
                PC!        | MAPPING | FENCED | WAIT   | FENCED         | FENCED | WAIT
                PC!next    | MAPPING | FENCED | FENCED | WAIT           | FENCED | WAIT
                CC         | MAPPING | FENCED | OK 70/5| STATE          | FENCED | FENCED
                CA         | MAPPING | FENCED | STATE  | STATE          | FENCED | FENCED
                CAfence    | MAPPING | FENCED | FENCED | STATE          | FENCED | FENCED
                CC!        | MAPPING | FENCED | FENCED | STATE          | FENCED | OK 900/0
                CA!        | MAPPING | FENCED | FENCED | STATE          | FENCED | STATE
                """,
                (pair) -> new TxnCommand.End("t", pair.id, pair.epoch, Outcome.COMMIT, TxnVersion.V2));
    }

    @TestFactory
    Stream<DynamicTest> abortOfVersion2() {
        return table(
                """
                state      | other   | older  | last   | same           | newer  | P.last
                none       | MAPPING | MAPPING| MAPPING| MAPPING        | MAPPING| MAPPING
                Empty      | MAPPING | FENCED | FENCED | PA0 70/6       | FENCED | FENCED
                Empty!     | MAPPING | FENCED | FENCED | PA0 70/32767>900| FENCED| PA0 70/32767>900
                Ongoing    | MAPPING | FENCED | FENCED | PA 70/6        | FENCED | FENCED
                Ongoing!   | MAPPING | FENCED | FENCED | PA 70/32767>900| FENCED | PA 70/32767>900
                Ongoing!!  | MAPPING | FENCED | FENCED | PA 70/32767>900| FENCED | FENCED
                PC         | MAPPING | FENCED | STATE  | WAIT           | FENCED | FENCED
                PA         | MAPPING | FENCED | WAIT   | WAIT           | FENCED | FENCED
                PAfence    | MAPPING | FENCED | FENCED | WAIT           | FENCED | FENCED
                PC!        | MAPPING | FENCED | STATE  | FENCED         | FENCED | STATE
                PC!next    | MAPPING | FENCED | FENCED | WAIT           | FENCED | STATE
                CC         | MAPPING | FENCED | STATE  | PA0 70/6       | FENCED | FENCED
                CA         | MAPPING | FENCED | OK 70/5| PA0 70/6       | FENCED | FENCED
                CAfence    | MAPPING | FENCED | FENCED | PA0 70/6       | FENCED | FENCED
                CC!        | MAPPING | FENCED | FENCED | PA0 900/1      | FENCED | STATE
                CA!        | MAPPING | FENCED | FENCED | PA0 900/1      | FENCED | OK 900/0
                """,
                (pair) -> new TxnCommand.End("t", pair.id, pair.epoch, Outcome.ABORT, TxnVersion.V2));
    }

    @TestFactory
    Stream<DynamicTest> commitOfVersion1() {
        return table(
                """
                state      | other   | older  | last   | same           | newer  | P.last
                none       | MAPPING | MAPPING| MAPPING| MAPPING        | MAPPING| MAPPING
                Empty      | MAPPING | FENCED | FENCED | STATE          | FENCED | FENCED
                Ongoing    | MAPPING | FENCED | FENCED | PC1 70/5       | FENCED | FENCED
                Ongoing!   | MAPPING | FENCED | FENCED | PC1 70/32766   | FENCED | PC1 70/32766
                PC1        | MAPPING | FENCED | FENCED | WAIT           | FENCED | FENCED
                PA1        | MAPPING | FENCED | FENCED | STATE          | FENCED | FENCED
                CC1        | MAPPING | FENCED | FENCED | OK 70/5        | FENCED | FENCED
                CA1        | MAPPING | FENCED | FENCED | STATE          | FENCED | FENCED
                """,
                (pair) -> new TxnCommand.End("t", pair.id, pair.epoch, Outcome.COMMIT, TxnVersion.V1));
    }

    @TestFactory
    Stream<DynamicTest> abortOfVersion1() {
        return table(
                """
                state      | other   | older  | last   | same           | newer  | P.last
                none       | MAPPING | MAPPING| MAPPING| MAPPING        | MAPPING| MAPPING
                Empty      | MAPPING | FENCED | FENCED | STATE          | FENCED | FENCED
                Ongoing    | MAPPING | FENCED | FENCED | PA1 70/5       | FENCED | FENCED
                PC1        | MAPPING | FENCED | FENCED | STATE          | FENCED | FENCED
                PA1        | MAPPING | FENCED | FENCED | WAIT           | FENCED | FENCED
                CC1        | MAPPING | FENCED | FENCED | STATE          | FENCED | FENCED
                CA1        | MAPPING | FENCED | FENCED | OK 70/5        | FENCED | FENCED
                """,
                (pair) -> new TxnCommand.End("t", pair.id, pair.epoch, Outcome.ABORT, TxnVersion.V1));
    }

    @TestFactory
    Stream<DynamicTest> initProducer() {
        return table(
                """
                state      | other       | older       | last        | same        | newer       | P.last | none
                none       | E 900/0/-1  | E 900/0/-1  | E 900/0/-1  | E 900/0/-1  | E 900/0/-1  | E 900/0/-1 | E 900/0/-1
                Empty      | FENCED      | FENCED      | OK 70/5     | E 70/6/5    | FENCED      | FENCED | E 70/6/-1
                EmptyFresh | FENCED      | FENCED      | FENCED      | E 70/6/5    | FENCED      | FENCED | E 70/6/-1
                Empty!     | FENCED      | FENCED      | OK 70/32766 | E 900/0/32766<70 | FENCED | E 900/0/32766<70 | E 900/0/-1<70
                EmptyNew   | FENCED      | FENCED      | FENCED      | E 900/1/0   | FENCED      | OK 900/0 | E 900/1/-1
                Ongoing    | FENCED      | FENCED      | FENCED      | PAf 70/6    | FENCED      | FENCED | PAf 70/6
                Ongoing!   | FENCED      | FENCED      | FENCED      | PAf 70/32767>900 | FENCED | PAf 70/32767>900 | PAf 70/32767>900
                Ongoing!!  | FENCED      | FENCED      | FENCED      | PAf 70/32767>900 | FENCED | FENCED | PAf 70/32767>900
                PC         | WAIT        | WAIT        | WAIT        | WAIT        | WAIT        | WAIT   | WAIT
                PA         | WAIT        | WAIT        | WAIT        | WAIT        | WAIT        | WAIT   | WAIT
                CC         | FENCED      | FENCED      | E 70/5/4    | E 70/6/5    | FENCED      | FENCED | E 70/6/-1
                CA         | FENCED      | FENCED      | E 70/5/4    | E 70/6/5    | FENCED      | FENCED | E 70/6/-1
                CAfence    | FENCED      | FENCED      | FENCED      | E 70/6/5    | FENCED      | FENCED | E 70/6/-1
                CC1        | FENCED      | FENCED      | FENCED      | E 70/6/5    | FENCED      | FENCED | E 70/6/-1
                CC!        | FENCED      | FENCED      | FENCED      | E 900/1/0   | FENCED      | E 900/0/32766<70 | E 900/1/-1
                """,
                (pair) -> new TxnCommand.InitProducer("t", TIMEOUT, pair.id, pair.epoch));
    }

    @TestFactory
    Stream<DynamicTest> addPartitions() {
        return table(
                """
                state      | other   | older  | last   | same      | newer  | P.last
                none       | MAPPING | MAPPING| MAPPING| MAPPING   | MAPPING| MAPPING
                Empty      | MAPPING | FENCED | FENCED | O 70/5 b  | FENCED | FENCED
                Ongoing    | MAPPING | FENCED | FENCED | O 70/5 ab | FENCED | FENCED
                OngoingB   | MAPPING | FENCED | FENCED | YES       | FENCED | FENCED
                PC         | MAPPING | FENCED | FENCED | WAIT      | FENCED | FENCED
                PA         | MAPPING | FENCED | FENCED | WAIT      | FENCED | FENCED
                PC!        | MAPPING | FENCED | FENCED | FENCED    | FENCED | FENCED
                PC!next    | MAPPING | FENCED | FENCED | WAIT      | FENCED | FENCED
                CC         | MAPPING | FENCED | FENCED | O 70/5 b  | FENCED | FENCED
                CA         | MAPPING | FENCED | FENCED | O 70/5 b  | FENCED | FENCED
                CC!        | MAPPING | FENCED | FENCED | O 900/0 b | FENCED | MAPPING
                """,
                (pair) -> new TxnCommand.AddPartitions(
                        "t", pair.id, pair.epoch, List.of(B), AddMode.ADD, TxnVersion.V2));
    }

    @TestFactory
    Stream<DynamicTest> verifyPartitions() {
        return table(
                """
                state      | other   | older  | last   | same      | newer  | P.last
                none       | MAPPING | MAPPING| MAPPING| MAPPING   | MAPPING| MAPPING
                Empty      | MAPPING | FENCED | FENCED | ABORTABLE | FENCED | FENCED
                Ongoing    | MAPPING | FENCED | FENCED | ABORTABLE | FENCED | FENCED
                OngoingB   | MAPPING | FENCED | FENCED | YES       | FENCED | FENCED
                PC         | MAPPING | FENCED | FENCED | WAIT      | FENCED | FENCED
                PA         | MAPPING | FENCED | FENCED | WAIT      | FENCED | FENCED
                CC         | MAPPING | FENCED | FENCED | ABORTABLE | FENCED | FENCED
                CA         | MAPPING | FENCED | FENCED | ABORTABLE | FENCED | FENCED
                """,
                (pair) -> new TxnCommand.AddPartitions(
                        "t", pair.id, pair.epoch, List.of(B), AddMode.VERIFY, TxnVersion.V1));
    }

    @TestFactory
    Stream<DynamicTest> ownCommands() {
        record Row(String state, TxnCommand command, String expected) {}
        TxnCommand timeOut = new TxnCommand.TimeOut("t");
        TxnCommand complete = new TxnCommand.Complete("t");
        TxnCommand expire = new TxnCommand.Expire("t");
        return Stream.of(
                        new Row("none", timeOut, "IGNORE"),
                        new Row("Empty", timeOut, "IGNORE"),
                        new Row("OngoingYoung", timeOut, "IGNORE"),
                        new Row("Ongoing", timeOut, "PA 70/6"),
                        new Row("Ongoing!", timeOut, "PA 70/32767>900"),
                        new Row("PC", timeOut, "IGNORE"),
                        new Row("CC", timeOut, "IGNORE"),
                        new Row("none", complete, "IGNORE"),
                        new Row("Ongoing", complete, "IGNORE"),
                        new Row("PC", complete, "CC 70/5/4"),
                        new Row("PA", complete, "CA 70/5/4"),
                        new Row("PAfence", complete, "CA 70/5/-1"),
                        new Row("PC!", complete, "CC 900/0/32766<70"),
                        new Row("PC1", complete, "CC 70/5/-1"),
                        new Row("none", expire, "IGNORE"),
                        new Row("Ongoing", expire, "IGNORE"),
                        new Row("PC", expire, "IGNORE"),
                        new Row("Empty", expire, "IGNORE"),
                        new Row("EmptyOld", expire, "FORGET"),
                        new Row("CC", expire, "IGNORE"))
                .map(row -> dynamicTest(
                        row.state() + " " + row.command(),
                        () -> assertEquals(row.expected(), show(decide(state(row.state()), row.command())))));
    }

    @TestFactory
    Stream<DynamicTest> withoutProducerIdsTheCommandWaits() {
        Transitions starved = new Transitions(new ProducerIds(), TxnLimits.DEFAULTS);
        return Stream.<Object[]>of(
                        new Object[] {"none", new TxnCommand.InitProducer("t", TIMEOUT, -1, (short) -1)},
                        new Object[] {"Empty!", new TxnCommand.InitProducer("t", TIMEOUT, -1, (short) -1)},
                        new Object[] {"Ongoing!", new TxnCommand.InitProducer("t", TIMEOUT, -1, (short) -1)},
                        new Object[] {"Ongoing!", new TxnCommand.TimeOut("t")},
                        new Object[] {
                            "Ongoing!", new TxnCommand.End("t", P, EXHAUSTED, Outcome.COMMIT, TxnVersion.V2)
                        })
                .map(row -> dynamicTest(
                        row[0] + " " + row[1],
                        () -> assertTrue(starved.decide(state((String) row[0]), (TxnCommand) row[1], NOW)
                                instanceof TxnDecision.AwaitProducerId)));
    }

    // ---- the tables' language

    private record Pair(long id, short epoch) {}

    private interface Ask {
        TxnCommand of(Pair pair);
    }

    private static Stream<DynamicTest> table(String text, Ask ask) {
        List<DynamicTest> tests = new ArrayList<>();
        List<String> lines = text.lines().toList();
        String[] columns = cells(lines.get(0));
        for (String line : lines.subList(1, lines.size())) {
            String[] row = cells(line);
            TxnState state = state(row[0]);
            for (int column = 1; column < columns.length; column++) {
                TxnCommand command = ask.of(pair(state, row[0], columns[column]));
                String expected = row[column];
                tests.add(dynamicTest(
                        row[0] + " x " + columns[column] + " -> " + expected,
                        () -> assertEquals(expected, show(decide(state, command)), command.toString())));
            }
        }
        return tests.stream();
    }

    private static String[] cells(String line) {
        return Arrays.stream(line.split("\\|")).map(String::strip).toArray(String[]::new);
    }

    private static TxnDecision decide(TxnState state, TxnCommand command) {
        ProducerIds ids = new ProducerIds();
        ids.add(NEXT, 10);
        TxnDecision decision = new Transitions(ids, TxnLimits.DEFAULTS).decide(state, command, NOW);
        switch (decision) {
            case TxnDecision.Persist p -> assertTrue(TxnInvariants.isLegal(state, p.record().state()), p.toString());
            case TxnDecision.PersistThenDecide p ->
                assertTrue(TxnInvariants.isLegal(state, p.record().state()), p.toString());
            default -> {}
        }
        return decision;
    }

    private static Pair pair(TxnState state, String name, String relation) {
        boolean successor = name.endsWith("next");
        long id = state == null ? P : successor ? NEXT : state.producerId();
        short same = state == null ? E : successor ? 0 : state.producerEpoch();
        return switch (relation) {
            case "other" -> new Pair(OTHER, same);
            case "older" -> new Pair(id, (short) Math.max(0, same - 2) == same ? (short) 7 : (short) (same - 2));
            case "last" -> new Pair(id, same == 0 ? (short) 9 : (short) (same - 1));
            case "same" -> new Pair(id, same);
            case "newer" -> new Pair(id, same == Short.MAX_VALUE ? (short) 3 : (short) (same + 1));
            case "P.last" -> new Pair(P, EXHAUSTED);
            case "none" -> new Pair(-1, (short) -1);
            default -> throw new IllegalArgumentException(relation);
        };
    }

    private static TxnState state(String name) {
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
            case "Ongoing" -> ongoing(E, A, 1);
            case "OngoingB" -> ongoing(E, B, 1);
            case "OngoingYoung" -> ongoing(E, A, NOW - TIMEOUT + 1);
            case "Ongoing!" -> ongoing(EXHAUSTED, A, 1);
            case "Ongoing!!" -> ongoing(Short.MAX_VALUE, A, 1);
            case "PC" -> preparing(Outcome.COMMIT, E, last, -1, TxnVersion.V2);
            case "PA" -> preparing(Outcome.ABORT, E, last, -1, TxnVersion.V2);
            case "PAfence" -> preparing(Outcome.ABORT, E, none, -1, TxnVersion.V2);
            case "PC!", "PC!next" -> preparing(Outcome.COMMIT, Short.MAX_VALUE, EXHAUSTED, NEXT, TxnVersion.V2);
            case "PC1" -> preparing(Outcome.COMMIT, E, none, -1, TxnVersion.V1);
            case "PA1" -> preparing(Outcome.ABORT, E, none, -1, TxnVersion.V1);
            case "CC" -> completed(Outcome.COMMIT, P, E, last, -1, TxnVersion.V2);
            case "CA" -> completed(Outcome.ABORT, P, E, last, -1, TxnVersion.V2);
            case "CAfence" -> completed(Outcome.ABORT, P, E, none, -1, TxnVersion.V2);
            case "CC1" -> completed(Outcome.COMMIT, P, E, none, -1, TxnVersion.V1);
            case "CA1" -> completed(Outcome.ABORT, P, E, none, -1, TxnVersion.V1);
            case "CC!" -> completed(Outcome.COMMIT, NEXT, (short) 0, EXHAUSTED, P, TxnVersion.V2);
            case "CA!" -> completed(Outcome.ABORT, NEXT, (short) 0, EXHAUSTED, P, TxnVersion.V2);
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static TxnState ongoing(short epoch, TopicPartition partition, long startedMs) {
        return new TxnState.Ongoing(P, epoch, TIMEOUT, startedMs, startedMs, set(partition), TxnVersion.V2);
    }

    private static TxnState preparing(Outcome outcome, short epoch, short last, long nextId, TxnVersion version) {
        return new TxnState.Preparing(outcome, P, epoch, last, nextId, TIMEOUT, 1, 2, set(A), version);
    }

    private static TxnState completed(
            Outcome outcome, long id, short epoch, short last, long previousId, TxnVersion version) {
        return new TxnState.Completed(outcome, id, epoch, last, previousId, TIMEOUT, 1, 2, version);
    }

    private static SortedSet<TopicPartition> set(TopicPartition... partitions) {
        return new TreeSet<>(Arrays.asList(partitions));
    }

    private static String show(TxnDecision decision) {
        return switch (decision) {
            case TxnDecision.Refuse refuse -> show(refuse.error());
            case TxnDecision.Answer(TxnReply.Granted pair) -> "OK " + pair.producerId() + "/" + pair.producerEpoch();
            case TxnDecision.Answer(TxnReply.Partitions all) -> show(all.results().get(B));
            case TxnDecision.Answer(TxnReply.Refused refused) -> show(refused.error());
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
                    + String.join("", s.partitions().stream().map(TopicPartition::topic).toList());
            case TxnState.Preparing s -> (s.outcome() == Outcome.COMMIT ? "PC" : "PA")
                    + (s.version() == TxnVersion.V1 ? "1" : "") + (s.partitions().isEmpty() ? "0 " : " ")
                    + s.producerId() + "/" + s.producerEpoch() + (s.nextId() < 0 ? "" : ">" + s.nextId());
            case TxnState.Completed s -> (s.outcome() == Outcome.COMMIT ? "CC " : "CA ") + s.producerId() + "/"
                    + s.producerEpoch() + "/" + s.lastEpoch() + (s.previousId() < 0 ? "" : "<" + s.previousId());
        };
    }
}
