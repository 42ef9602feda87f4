package io.chapar.txn;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import static io.chapar.txn.TransitionStates.B;
import static io.chapar.txn.TransitionStates.EXHAUSTED;
import static io.chapar.txn.TransitionStates.NEXT;
import static io.chapar.txn.TransitionStates.NOW;
import static io.chapar.txn.TransitionStates.P;
import static io.chapar.txn.TransitionStates.TIMEOUT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

/// Every state, with every command, with every relation of the request's pair to the state's. The tables are the
/// specification, written by hand; each cell is a test, and a table that misses a state is an error.
///
/// Columns are the pair of the request: `other` a foreign producer id, else the relation of its epoch to the state's:
/// older by two, last (one below), same, newer. `P.last` is the exhausted pair before a replacement of the producer id,
/// `heir` the pair that an heir holds or that follows under another producer id, `h.last` the one below that, `none` no
/// pair; `-` where there is no such pair. Cells: FENCED, MAPPING, STATE, ABORTABLE are refusals, WAIT waits for
/// markers, OK and YES answer without writing, everything else is the state written: E empty, O ongoing (`^` its heir),
/// P prepared and C completed, with C for commit and A for abort, 0 without partitions, 1 in version 1, f to fence,
/// then producer id, epoch, last epoch; `>` the pair that follows, `<` the id before.
class TransitionsTest {
    private static final TxnCommand.Take KEEP = new TxnCommand.Take(true, true);

    @TestFactory
    Stream<DynamicTest> commitOfVersion2() {
        return table(
                """
                state      | other   | older  | last     | same            | newer   | P.last          | heir          | h.last
                none       | MAPPING | MAPPING| MAPPING  | MAPPING         | MAPPING | MAPPING         | -             | -
                Empty      | MAPPING | FENCED | FENCED   | STATE           | FENCED  | FENCED          | -             | -
                EmptyFresh | MAPPING | FENCED | FENCED   | STATE           | FENCED  | FENCED          | -             | -
                Empty!     | MAPPING | FENCED | FENCED   | STATE           | FENCED  | STATE           | -             | -
                EmptyNew   | MAPPING | FENCED | FENCED   | STATE           | FENCED  | MAPPING         | -             | -
                Ongoing    | MAPPING | FENCED | FENCED   | PC 70/6         | FENCED  | FENCED          | -             | -
                Ongoing1   | MAPPING | FENCED | FENCED   | PC 70/6         | FENCED  | FENCED          | -             | -
                Ongoing!   | MAPPING | FENCED | FENCED   | PC 70/32767>900 | FENCED  | PC 70/32767>900 | -             | -
                Ongoing!!  | MAPPING | FENCED | FENCED   | FENCED          | FENCED  | FENCED          | -             | -
                Heir       | MAPPING | FENCED | FENCED   | FENCED          | PC 70/7 | FENCED          | PC 70/7       | FENCED
                HeirNew    | MAPPING | FENCED | FENCED   | FENCED          | FENCED  | FENCED          | PC 70/6>88/4  | FENCED
                HeirLast   | MAPPING | FENCED | FENCED   | FENCED          | FENCED  | FENCED          | PC 70/32766   | FENCED
                PC         | MAPPING | FENCED | WAIT     | WAIT            | FENCED  | FENCED          | -             | -
                PA         | MAPPING | FENCED | ABORTABLE| WAIT            | FENCED  | FENCED          | -             | -
                PAfence    | MAPPING | FENCED | FENCED   | WAIT            | FENCED  | FENCED          | -             | -
                PC!        | MAPPING | FENCED | WAIT     | FENCED          | FENCED  | WAIT            | WAIT          | -
                PA!        | MAPPING | FENCED | ABORTABLE| FENCED          | FENCED  | ABORTABLE       | WAIT          | -
                PC1        | MAPPING | FENCED | FENCED   | WAIT            | FENCED  | FENCED          | -             | -
                PA1        | MAPPING | FENCED | FENCED   | WAIT            | FENCED  | FENCED          | -             | -
                PCheir     | MAPPING | FENCED | FENCED   | FENCED          | FENCED  | FENCED          | WAIT          | WAIT
                PAheir     | MAPPING | FENCED | FENCED   | FENCED          | FENCED  | FENCED          | WAIT          | ABORTABLE
                CC         | MAPPING | FENCED | OK 70/5  | STATE           | FENCED  | FENCED          | -             | -
                CA         | MAPPING | FENCED | ABORTABLE| STATE           | FENCED  | FENCED          | -             | -
                CAfence    | MAPPING | FENCED | FENCED   | STATE           | FENCED  | FENCED          | -             | -
                CC1        | MAPPING | FENCED | FENCED   | STATE           | FENCED  | FENCED          | -             | -
                CA1        | MAPPING | FENCED | FENCED   | STATE           | FENCED  | FENCED          | -             | -
                CC!        | MAPPING | FENCED | FENCED   | STATE           | FENCED  | OK 900/0        | -             | -
                CA!        | MAPPING | FENCED | FENCED   | STATE           | FENCED  | ABORTABLE       | -             | -
                """,
                pair -> new TxnCommand.End(
                        "t", pair.producerId(), pair.producerEpoch(), Outcome.COMMIT, TxnVersion.V2));
    }

    @TestFactory
    Stream<DynamicTest> abortOfVersion2() {
        return table(
                """
                state      | other   | older  | last    | same             | newer   | P.last           | heir         | h.last
                none       | MAPPING | MAPPING| MAPPING | MAPPING          | MAPPING | MAPPING          | -            | -
                Empty      | MAPPING | FENCED | FENCED  | PA0 70/6         | FENCED  | FENCED           | -            | -
                EmptyFresh | MAPPING | FENCED | FENCED  | PA0 70/6         | FENCED  | FENCED           | -            | -
                Empty!     | MAPPING | FENCED | FENCED  | PA0 70/32767>900 | FENCED  | PA0 70/32767>900 | -            | -
                EmptyNew   | MAPPING | FENCED | FENCED  | PA0 900/1        | FENCED  | MAPPING          | -            | -
                Ongoing    | MAPPING | FENCED | FENCED  | PA 70/6          | FENCED  | FENCED           | -            | -
                Ongoing1   | MAPPING | FENCED | FENCED  | PA 70/6          | FENCED  | FENCED           | -            | -
                Ongoing!   | MAPPING | FENCED | FENCED  | PA 70/32767>900  | FENCED  | PA 70/32767>900  | -            | -
                Ongoing!!  | MAPPING | FENCED | FENCED  | PA 70/32767>900  | FENCED  | FENCED           | -            | -
                Heir       | MAPPING | FENCED | FENCED  | FENCED           | PA 70/7 | FENCED           | PA 70/7      | FENCED
                HeirNew    | MAPPING | FENCED | FENCED  | FENCED           | FENCED  | FENCED           | PA 70/6>88/4 | FENCED
                HeirLast   | MAPPING | FENCED | FENCED  | FENCED           | FENCED  | FENCED           | PA 70/32766  | FENCED
                PC         | MAPPING | FENCED | STATE   | WAIT             | FENCED  | FENCED           | -            | -
                PA         | MAPPING | FENCED | WAIT    | WAIT             | FENCED  | FENCED           | -            | -
                PAfence    | MAPPING | FENCED | FENCED  | WAIT             | FENCED  | FENCED           | -            | -
                PC!        | MAPPING | FENCED | STATE   | FENCED           | FENCED  | STATE            | WAIT         | -
                PA!        | MAPPING | FENCED | WAIT    | FENCED           | FENCED  | WAIT             | WAIT         | -
                PC1        | MAPPING | FENCED | FENCED  | WAIT             | FENCED  | FENCED           | -            | -
                PA1        | MAPPING | FENCED | FENCED  | WAIT             | FENCED  | FENCED           | -            | -
                PCheir     | MAPPING | FENCED | FENCED  | FENCED           | FENCED  | FENCED           | WAIT         | STATE
                PAheir     | MAPPING | FENCED | FENCED  | FENCED           | FENCED  | FENCED           | WAIT         | WAIT
                CC         | MAPPING | FENCED | STATE   | PA0 70/6         | FENCED  | FENCED           | -            | -
                CA         | MAPPING | FENCED | OK 70/5 | PA0 70/6         | FENCED  | FENCED           | -            | -
                CAfence    | MAPPING | FENCED | FENCED  | PA0 70/6         | FENCED  | FENCED           | -            | -
                CC1        | MAPPING | FENCED | FENCED  | PA0 70/6         | FENCED  | FENCED           | -            | -
                CA1        | MAPPING | FENCED | FENCED  | PA0 70/6         | FENCED  | FENCED           | -            | -
                CC!        | MAPPING | FENCED | FENCED  | PA0 900/1        | FENCED  | STATE            | -            | -
                CA!        | MAPPING | FENCED | FENCED  | PA0 900/1        | FENCED  | OK 900/0         | -            | -
                """,
                pair -> new TxnCommand.End("t", pair.producerId(), pair.producerEpoch(), Outcome.ABORT, TxnVersion.V2));
    }

    @TestFactory
    Stream<DynamicTest> commitOfVersion1() {
        return table(
                """
                state      | other   | older  | last   | same         | newer  | P.last       | heir    | h.last
                none       | MAPPING | MAPPING| MAPPING| MAPPING      | MAPPING| MAPPING      | -       | -
                Empty      | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | -       | -
                EmptyFresh | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | -       | -
                Empty!     | MAPPING | FENCED | FENCED | STATE        | FENCED | STATE        | -       | -
                EmptyNew   | MAPPING | FENCED | FENCED | STATE        | FENCED | MAPPING      | -       | -
                Ongoing    | MAPPING | FENCED | FENCED | PC1 70/5     | FENCED | FENCED       | -       | -
                Ongoing1   | MAPPING | FENCED | FENCED | PC1 70/5     | FENCED | FENCED       | -       | -
                Ongoing!   | MAPPING | FENCED | FENCED | PC1 70/32766 | FENCED | PC1 70/32766 | -       | -
                Ongoing!!  | MAPPING | FENCED | FENCED | FENCED       | FENCED | FENCED       | -       | -
                Heir       | MAPPING | FENCED | FENCED | FENCED       | FENCED | FENCED       | FENCED  | FENCED
                HeirNew    | MAPPING | FENCED | FENCED | FENCED       | FENCED | FENCED       | MAPPING | MAPPING
                HeirLast   | MAPPING | FENCED | FENCED | FENCED       | FENCED | FENCED       | FENCED  | FENCED
                PC         | MAPPING | FENCED | FENCED | WAIT         | FENCED | FENCED       | -       | -
                PA         | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | -       | -
                PAfence    | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | -       | -
                PC!        | MAPPING | FENCED | FENCED | WAIT         | FENCED | FENCED       | MAPPING | -
                PA!        | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | MAPPING | -
                PC1        | MAPPING | FENCED | FENCED | WAIT         | FENCED | FENCED       | -       | -
                PA1        | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | -       | -
                PCheir     | MAPPING | FENCED | FENCED | WAIT         | FENCED | FENCED       | MAPPING | MAPPING
                PAheir     | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | MAPPING | MAPPING
                CC         | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | -       | -
                CA         | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | -       | -
                CAfence    | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | -       | -
                CC1        | MAPPING | FENCED | FENCED | OK 70/5      | FENCED | FENCED       | -       | -
                CA1        | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | -       | -
                CC!        | MAPPING | FENCED | FENCED | STATE        | FENCED | MAPPING      | -       | -
                CA!        | MAPPING | FENCED | FENCED | STATE        | FENCED | MAPPING      | -       | -
                """,
                pair -> new TxnCommand.End(
                        "t", pair.producerId(), pair.producerEpoch(), Outcome.COMMIT, TxnVersion.V1));
    }

    @TestFactory
    Stream<DynamicTest> abortOfVersion1() {
        return table(
                """
                state      | other   | older  | last   | same         | newer  | P.last       | heir    | h.last
                none       | MAPPING | MAPPING| MAPPING| MAPPING      | MAPPING| MAPPING      | -       | -
                Empty      | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | -       | -
                EmptyFresh | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | -       | -
                Empty!     | MAPPING | FENCED | FENCED | STATE        | FENCED | STATE        | -       | -
                EmptyNew   | MAPPING | FENCED | FENCED | STATE        | FENCED | MAPPING      | -       | -
                Ongoing    | MAPPING | FENCED | FENCED | PA1 70/5     | FENCED | FENCED       | -       | -
                Ongoing1   | MAPPING | FENCED | FENCED | PA1 70/5     | FENCED | FENCED       | -       | -
                Ongoing!   | MAPPING | FENCED | FENCED | PA1 70/32766 | FENCED | PA1 70/32766 | -       | -
                Ongoing!!  | MAPPING | FENCED | FENCED | PA1 70/32767 | FENCED | FENCED       | -       | -
                Heir       | MAPPING | FENCED | FENCED | FENCED       | FENCED | FENCED       | FENCED  | FENCED
                HeirNew    | MAPPING | FENCED | FENCED | FENCED       | FENCED | FENCED       | MAPPING | MAPPING
                HeirLast   | MAPPING | FENCED | FENCED | FENCED       | FENCED | FENCED       | FENCED  | FENCED
                PC         | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | -       | -
                PA         | MAPPING | FENCED | FENCED | WAIT         | FENCED | FENCED       | -       | -
                PAfence    | MAPPING | FENCED | FENCED | WAIT         | FENCED | FENCED       | -       | -
                PC!        | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | MAPPING | -
                PA!        | MAPPING | FENCED | FENCED | WAIT         | FENCED | FENCED       | MAPPING | -
                PC1        | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | -       | -
                PA1        | MAPPING | FENCED | FENCED | WAIT         | FENCED | FENCED       | -       | -
                PCheir     | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | MAPPING | MAPPING
                PAheir     | MAPPING | FENCED | FENCED | WAIT         | FENCED | FENCED       | MAPPING | MAPPING
                CC         | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | -       | -
                CA         | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | -       | -
                CAfence    | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | -       | -
                CC1        | MAPPING | FENCED | FENCED | STATE        | FENCED | FENCED       | -       | -
                CA1        | MAPPING | FENCED | FENCED | OK 70/5      | FENCED | FENCED       | -       | -
                CC!        | MAPPING | FENCED | FENCED | STATE        | FENCED | MAPPING      | -       | -
                CA!        | MAPPING | FENCED | FENCED | STATE        | FENCED | MAPPING      | -       | -
                """,
                pair -> new TxnCommand.End("t", pair.producerId(), pair.producerEpoch(), Outcome.ABORT, TxnVersion.V1));
    }

    @TestFactory
    Stream<DynamicTest> initProducer() {
        return table(
                """
                state      | other      | older      | last        | same             | newer      | P.last           | heir          | h.last | none
                none       | E 900/0/-1 | E 900/0/-1 | E 900/0/-1  | E 900/0/-1       | E 900/0/-1 | E 900/0/-1       | -             | -      | E 900/0/-1
                Empty      | FENCED     | FENCED     | OK 70/5     | E 70/6/5         | FENCED     | FENCED           | -             | -      | E 70/6/-1
                EmptyFresh | FENCED     | FENCED     | FENCED      | E 70/6/5         | FENCED     | FENCED           | -             | -      | E 70/6/-1
                Empty!     | FENCED     | FENCED     | OK 70/32766 | E 900/0/32766<70 | FENCED     | E 900/0/32766<70 | -             | -      | E 900/0/-1<70
                EmptyNew   | FENCED     | FENCED     | FENCED      | E 900/1/0        | FENCED     | OK 900/0         | -             | -      | E 900/1/-1
                Ongoing    | FENCED     | FENCED     | FENCED      | PAf 70/6         | FENCED     | FENCED           | -             | -      | PAf 70/6
                Ongoing1   | FENCED     | FENCED     | FENCED      | PAf 70/6         | FENCED     | FENCED           | -             | -      | PAf 70/6
                Ongoing!   | FENCED     | FENCED     | FENCED      | PAf 70/32767>900 | FENCED     | PAf 70/32767>900 | -             | -      | PAf 70/32767>900
                Ongoing!!  | FENCED     | FENCED     | FENCED      | PAf 70/32767>900 | FENCED     | FENCED           | -             | -      | PAf 70/32767>900
                Heir       | FENCED     | FENCED     | FENCED      | FENCED           | PAf 70/7   | FENCED           | PAf 70/7      | FENCED | PAf 70/7
                HeirNew    | FENCED     | FENCED     | FENCED      | FENCED           | FENCED     | FENCED           | PAf 70/6>88/4 | FENCED | PAf 70/6>88/4
                HeirLast   | FENCED     | FENCED     | FENCED      | FENCED           | FENCED     | FENCED           | PAf 70/32766  | FENCED | PAf 70/32766
                PC         | WAIT       | WAIT       | WAIT        | WAIT             | WAIT       | WAIT             | -             | -      | WAIT
                PA         | WAIT       | WAIT       | WAIT        | WAIT             | WAIT       | WAIT             | -             | -      | WAIT
                PAfence    | WAIT       | WAIT       | WAIT        | WAIT             | WAIT       | WAIT             | -             | -      | WAIT
                PC!        | WAIT       | WAIT       | WAIT        | WAIT             | WAIT       | WAIT             | WAIT          | -      | WAIT
                PA!        | WAIT       | WAIT       | WAIT        | WAIT             | WAIT       | WAIT             | WAIT          | -      | WAIT
                PC1        | WAIT       | WAIT       | WAIT        | WAIT             | WAIT       | WAIT             | -             | -      | WAIT
                PA1        | WAIT       | WAIT       | WAIT        | WAIT             | WAIT       | WAIT             | -             | -      | WAIT
                PCheir     | WAIT       | WAIT       | WAIT        | WAIT             | WAIT       | WAIT             | WAIT          | WAIT   | WAIT
                PAheir     | WAIT       | WAIT       | WAIT        | WAIT             | WAIT       | WAIT             | WAIT          | WAIT   | WAIT
                CC         | FENCED     | FENCED     | E 70/5/4    | E 70/6/5         | FENCED     | FENCED           | -             | -      | E 70/6/-1
                CA         | FENCED     | FENCED     | E 70/5/4    | E 70/6/5         | FENCED     | FENCED           | -             | -      | E 70/6/-1
                CAfence    | FENCED     | FENCED     | FENCED      | E 70/6/5         | FENCED     | FENCED           | -             | -      | E 70/6/-1
                CC1        | FENCED     | FENCED     | FENCED      | E 70/6/5         | FENCED     | FENCED           | -             | -      | E 70/6/-1
                CA1        | FENCED     | FENCED     | FENCED      | E 70/6/5         | FENCED     | FENCED           | -             | -      | E 70/6/-1
                CC!        | FENCED     | FENCED     | FENCED      | E 900/1/0        | FENCED     | E 900/0/32766<70 | -             | -      | E 900/1/-1
                CA!        | FENCED     | FENCED     | FENCED      | E 900/1/0        | FENCED     | E 900/0/32766<70 | -             | -      | E 900/1/-1
                """,
                pair -> new TxnCommand.InitProducer("t", TIMEOUT, pair.producerId(), pair.producerEpoch()));
    }

    /// As without keeping, but where a transaction is open.
    @TestFactory
    Stream<DynamicTest> initProducerThatKeepsWhatIsOpen() {
        return table(
                """
                state      | other      | older      | last        | same                 | newer      | P.last               | heir           | h.last | none
                none       | E 900/0/-1 | E 900/0/-1 | E 900/0/-1  | E 900/0/-1           | E 900/0/-1 | E 900/0/-1           | -              | -      | E 900/0/-1
                Empty      | FENCED     | FENCED     | OK 70/5     | E 70/6/5             | FENCED     | FENCED               | -              | -      | E 70/6/-1
                EmptyFresh | FENCED     | FENCED     | FENCED      | E 70/6/5             | FENCED     | FENCED               | -              | -      | E 70/6/-1
                Empty!     | FENCED     | FENCED     | OK 70/32766 | E 900/0/32766<70     | FENCED     | E 900/0/32766<70     | -              | -      | E 900/0/-1<70
                EmptyNew   | FENCED     | FENCED     | FENCED      | E 900/1/0            | FENCED     | OK 900/0             | -              | -      | E 900/1/-1
                Ongoing    | FENCED     | FENCED     | FENCED      | O 70/5 a ^70/6       | FENCED     | FENCED               | -              | -      | O 70/5 a ^70/6
                Ongoing1   | FENCED     | FENCED     | FENCED      | O 70/5 a ^70/6       | FENCED     | FENCED               | -              | -      | O 70/5 a ^70/6
                Ongoing!   | FENCED     | FENCED     | FENCED      | O 70/32766 a ^900/0  | FENCED     | O 70/32766 a ^900/0  | -              | -      | O 70/32766 a ^900/0
                Ongoing!!  | FENCED     | FENCED     | FENCED      | O 70/32767 a ^900/0  | FENCED     | FENCED               | -              | -      | O 70/32767 a ^900/0
                Heir       | FENCED     | FENCED     | FENCED      | FENCED               | O 70/5 a ^70/7 | FENCED           | O 70/5 a ^70/7 | FENCED | O 70/5 a ^70/7
                HeirNew    | FENCED     | FENCED     | FENCED      | FENCED               | FENCED     | FENCED               | O 70/5 a ^88/4 | FENCED | O 70/5 a ^88/4
                HeirLast   | FENCED     | FENCED     | FENCED      | FENCED               | FENCED     | FENCED               | O 70/5 a ^900/0| FENCED | O 70/5 a ^900/0
                PC         | WAIT       | WAIT       | WAIT        | WAIT                 | WAIT       | WAIT                 | -              | -      | WAIT
                PA         | WAIT       | WAIT       | WAIT        | WAIT                 | WAIT       | WAIT                 | -              | -      | WAIT
                PAfence    | WAIT       | WAIT       | WAIT        | WAIT                 | WAIT       | WAIT                 | -              | -      | WAIT
                PC!        | WAIT       | WAIT       | WAIT        | WAIT                 | WAIT       | WAIT                 | WAIT           | -      | WAIT
                PA!        | WAIT       | WAIT       | WAIT        | WAIT                 | WAIT       | WAIT                 | WAIT           | -      | WAIT
                PC1        | WAIT       | WAIT       | WAIT        | WAIT                 | WAIT       | WAIT                 | -              | -      | WAIT
                PA1        | WAIT       | WAIT       | WAIT        | WAIT                 | WAIT       | WAIT                 | -              | -      | WAIT
                PCheir     | WAIT       | WAIT       | WAIT        | WAIT                 | WAIT       | WAIT                 | WAIT           | WAIT   | WAIT
                PAheir     | WAIT       | WAIT       | WAIT        | WAIT                 | WAIT       | WAIT                 | WAIT           | WAIT   | WAIT
                CC         | FENCED     | FENCED     | E 70/5/4    | E 70/6/5             | FENCED     | FENCED               | -              | -      | E 70/6/-1
                CA         | FENCED     | FENCED     | E 70/5/4    | E 70/6/5             | FENCED     | FENCED               | -              | -      | E 70/6/-1
                CAfence    | FENCED     | FENCED     | FENCED      | E 70/6/5             | FENCED     | FENCED               | -              | -      | E 70/6/-1
                CC1        | FENCED     | FENCED     | FENCED      | E 70/6/5             | FENCED     | FENCED               | -              | -      | E 70/6/-1
                CA1        | FENCED     | FENCED     | FENCED      | E 70/6/5             | FENCED     | FENCED               | -              | -      | E 70/6/-1
                CC!        | FENCED     | FENCED     | FENCED      | E 900/1/0            | FENCED     | E 900/0/32766<70     | -              | -      | E 900/1/-1
                CA!        | FENCED     | FENCED     | FENCED      | E 900/1/0            | FENCED     | E 900/0/32766<70     | -              | -      | E 900/1/-1
                """,
                pair -> new TxnCommand.InitProducer(
                        "t", TIMEOUT, pair.producerId(), pair.producerEpoch(), KEEP, TxnCommand.Asker.UNKNOWN));
    }

    @TestFactory
    Stream<DynamicTest> addPartitions() {
        return table(
                """
                state      | other   | older  | last   | same          | newer  | P.last        | heir   | h.last
                none       | MAPPING | MAPPING| MAPPING| MAPPING       | MAPPING| MAPPING       | -      | -
                Empty      | MAPPING | FENCED | FENCED | O 70/5 b      | FENCED | FENCED        | -      | -
                EmptyFresh | MAPPING | FENCED | FENCED | O 70/5 b      | FENCED | FENCED        | -      | -
                Empty!     | MAPPING | FENCED | FENCED | O 70/32766 b  | FENCED | O 70/32766 b  | -      | -
                EmptyNew   | MAPPING | FENCED | FENCED | O 900/0 b     | FENCED | MAPPING       | -      | -
                Ongoing    | MAPPING | FENCED | FENCED | O 70/5 ab     | FENCED | FENCED        | -      | -
                OngoingB   | MAPPING | FENCED | FENCED | YES           | FENCED | FENCED        | -      | -
                Ongoing1   | MAPPING | FENCED | FENCED | O 70/5 ab     | FENCED | FENCED        | -      | -
                Ongoing!   | MAPPING | FENCED | FENCED | O 70/32766 ab | FENCED | O 70/32766 ab | -      | -
                Ongoing!!  | MAPPING | FENCED | FENCED | O 70/32767 ab | FENCED | FENCED        | -      | -
                Heir       | MAPPING | FENCED | FENCED | FENCED        | STATE  | FENCED        | STATE  | FENCED
                HeirNew    | MAPPING | FENCED | FENCED | FENCED        | FENCED | FENCED        | STATE  | FENCED
                HeirLast   | MAPPING | FENCED | FENCED | FENCED        | FENCED | FENCED        | STATE  | FENCED
                PC         | MAPPING | FENCED | FENCED | WAIT          | FENCED | FENCED        | -      | -
                PA         | MAPPING | FENCED | FENCED | WAIT          | FENCED | FENCED        | -      | -
                PAfence    | MAPPING | FENCED | FENCED | WAIT          | FENCED | FENCED        | -      | -
                PC!        | MAPPING | FENCED | FENCED | FENCED        | FENCED | FENCED        | WAIT   | -
                PA!        | MAPPING | FENCED | FENCED | FENCED        | FENCED | FENCED        | WAIT   | -
                PC1        | MAPPING | FENCED | FENCED | WAIT          | FENCED | FENCED        | -      | -
                PA1        | MAPPING | FENCED | FENCED | WAIT          | FENCED | FENCED        | -      | -
                PCheir     | MAPPING | FENCED | FENCED | FENCED        | FENCED | FENCED        | WAIT   | FENCED
                PAheir     | MAPPING | FENCED | FENCED | FENCED        | FENCED | FENCED        | WAIT   | FENCED
                CC         | MAPPING | FENCED | FENCED | O 70/5 b      | FENCED | FENCED        | -      | -
                CA         | MAPPING | FENCED | FENCED | O 70/5 b      | FENCED | FENCED        | -      | -
                CAfence    | MAPPING | FENCED | FENCED | O 70/5 b      | FENCED | FENCED        | -      | -
                CC1        | MAPPING | FENCED | FENCED | O 70/5 b      | FENCED | FENCED        | -      | -
                CA1        | MAPPING | FENCED | FENCED | O 70/5 b      | FENCED | FENCED        | -      | -
                CC!        | MAPPING | FENCED | FENCED | O 900/0 b     | FENCED | MAPPING       | -      | -
                CA!        | MAPPING | FENCED | FENCED | O 900/0 b     | FENCED | MAPPING       | -      | -
                """,
                pair -> new TxnCommand.AddPartitions(
                        "t", pair.producerId(), pair.producerEpoch(), List.of(B), AddMode.ADD, TxnVersion.V2));
    }

    @TestFactory
    Stream<DynamicTest> verifyPartitions() {
        return table(
                """
                state      | other   | older  | last   | same      | newer    | P.last    | heir      | h.last
                none       | MAPPING | MAPPING| MAPPING| MAPPING   | MAPPING  | MAPPING   | -         | -
                Empty      | MAPPING | FENCED | FENCED | ABORTABLE | FENCED   | FENCED    | -         | -
                EmptyFresh | MAPPING | FENCED | FENCED | ABORTABLE | FENCED   | FENCED    | -         | -
                Empty!     | MAPPING | FENCED | FENCED | ABORTABLE | FENCED   | ABORTABLE | -         | -
                EmptyNew   | MAPPING | FENCED | FENCED | ABORTABLE | FENCED   | MAPPING   | -         | -
                Ongoing    | MAPPING | FENCED | FENCED | ABORTABLE | FENCED   | FENCED    | -         | -
                OngoingB   | MAPPING | FENCED | FENCED | YES       | FENCED   | FENCED    | -         | -
                Ongoing1   | MAPPING | FENCED | FENCED | ABORTABLE | FENCED   | FENCED    | -         | -
                Ongoing!   | MAPPING | FENCED | FENCED | ABORTABLE | FENCED   | ABORTABLE | -         | -
                Ongoing!!  | MAPPING | FENCED | FENCED | ABORTABLE | FENCED   | FENCED    | -         | -
                Heir       | MAPPING | FENCED | FENCED | FENCED    | ABORTABLE| FENCED    | ABORTABLE | FENCED
                HeirNew    | MAPPING | FENCED | FENCED | FENCED    | FENCED   | FENCED    | ABORTABLE | FENCED
                HeirLast   | MAPPING | FENCED | FENCED | FENCED    | FENCED   | FENCED    | ABORTABLE | FENCED
                PC         | MAPPING | FENCED | FENCED | WAIT      | FENCED   | FENCED    | -         | -
                PA         | MAPPING | FENCED | FENCED | WAIT      | FENCED   | FENCED    | -         | -
                PAfence    | MAPPING | FENCED | FENCED | WAIT      | FENCED   | FENCED    | -         | -
                PC!        | MAPPING | FENCED | FENCED | FENCED    | FENCED   | FENCED    | WAIT      | -
                PA!        | MAPPING | FENCED | FENCED | FENCED    | FENCED   | FENCED    | WAIT      | -
                PC1        | MAPPING | FENCED | FENCED | WAIT      | FENCED   | FENCED    | -         | -
                PA1        | MAPPING | FENCED | FENCED | WAIT      | FENCED   | FENCED    | -         | -
                PCheir     | MAPPING | FENCED | FENCED | FENCED    | FENCED   | FENCED    | WAIT      | FENCED
                PAheir     | MAPPING | FENCED | FENCED | FENCED    | FENCED   | FENCED    | WAIT      | FENCED
                CC         | MAPPING | FENCED | FENCED | ABORTABLE | FENCED   | FENCED    | -         | -
                CA         | MAPPING | FENCED | FENCED | ABORTABLE | FENCED   | FENCED    | -         | -
                CAfence    | MAPPING | FENCED | FENCED | ABORTABLE | FENCED   | FENCED    | -         | -
                CC1        | MAPPING | FENCED | FENCED | ABORTABLE | FENCED   | FENCED    | -         | -
                CA1        | MAPPING | FENCED | FENCED | ABORTABLE | FENCED   | FENCED    | -         | -
                CC!        | MAPPING | FENCED | FENCED | ABORTABLE | FENCED   | MAPPING   | -         | -
                CA!        | MAPPING | FENCED | FENCED | ABORTABLE | FENCED   | MAPPING   | -         | -
                """,
                pair -> new TxnCommand.AddPartitions(
                        "t", pair.producerId(), pair.producerEpoch(), List.of(B), AddMode.VERIFY, TxnVersion.V1));
    }

    /// What the coordinator decides by itself: time is up, all markers are written, the id was idle for long.
    @TestFactory
    Stream<DynamicTest> ownCommands() {
        String text =
                """
                state         | time out         | complete          | expire
                none          | IGNORE           | IGNORE            | IGNORE
                Empty         | IGNORE           | IGNORE            | IGNORE
                EmptyOld      | IGNORE           | IGNORE            | FORGET
                EmptyFresh    | IGNORE           | IGNORE            | IGNORE
                Empty!        | IGNORE           | IGNORE            | IGNORE
                EmptyNew      | IGNORE           | IGNORE            | IGNORE
                Ongoing       | PA 70/6          | IGNORE            | IGNORE
                OngoingYoung  | IGNORE           | IGNORE            | IGNORE
                OngoingForever| IGNORE           | IGNORE            | IGNORE
                Ongoing1      | PA 70/6          | IGNORE            | IGNORE
                Ongoing!      | PA 70/32767>900  | IGNORE            | IGNORE
                Ongoing!!     | PA 70/32767>900  | IGNORE            | IGNORE
                Heir          | PA 70/7          | IGNORE            | IGNORE
                HeirNew       | PA 70/6>88/4     | IGNORE            | IGNORE
                HeirLast      | PA 70/32766      | IGNORE            | IGNORE
                PC            | IGNORE           | CC 70/5/4         | IGNORE
                PA            | IGNORE           | CA 70/5/4         | IGNORE
                PAfence       | IGNORE           | CA 70/5/-1        | IGNORE
                PC!           | IGNORE           | CC 900/0/32766<70 | IGNORE
                PA!           | IGNORE           | CA 900/0/32766<70 | IGNORE
                PC1           | IGNORE           | CC 70/5/-1        | IGNORE
                PA1           | IGNORE           | CA 70/5/-1        | IGNORE
                PCheir        | IGNORE           | CC 88/4/3         | IGNORE
                PAheir        | IGNORE           | CA 88/4/3         | IGNORE
                CC            | IGNORE           | IGNORE            | IGNORE
                CCOld         | IGNORE           | IGNORE            | FORGET
                CA            | IGNORE           | IGNORE            | IGNORE
                CAfence       | IGNORE           | IGNORE            | IGNORE
                CC1           | IGNORE           | IGNORE            | IGNORE
                CA1           | IGNORE           | IGNORE            | IGNORE
                CC!           | IGNORE           | IGNORE            | IGNORE
                CA!           | IGNORE           | IGNORE            | IGNORE
                """;
        List<TxnCommand> commands =
                List.of(new TxnCommand.TimeOut("t"), new TxnCommand.Complete("t"), new TxnCommand.Expire("t"));
        List<DynamicTest> tests = new ArrayList<>();
        for (String[] row : rows(text)) {
            TxnState state = TransitionStates.of(row[0]);
            for (int column = 1; column < row.length; column++) {
                TxnCommand command = commands.get(column - 1);
                String expected = row[column];
                tests.add(dynamicTest(row[0] + " x " + command,
                        () -> assertEquals(expected, TransitionStates.show(decide(state, command)))));
            }
        }
        return tests.stream();
    }

    /// Whatever a request with a pair brought about, the same request meets again after a takeover, and gets the same
    /// answer: what a retry is known by survives in the log.
    @Test
    void aRequestRepeatedAfterATakeoverIsAnsweredTheSame() {
        int repeated = 0;
        for (String name : TransitionStates.ALL) {
            TxnState state = TransitionStates.of(name);
            for (TxnReply.Granted pair : TransitionStates.pairs(state)) {
                for (TxnCommand command : TransitionStates.commands(pair)) {
                    if (decide(state, command) instanceof TxnDecision.Persist persist) {
                        repeated += repeat(name, command, persist);
                    }
                }
            }
        }
        assertTrue(repeated > 100, "only " + repeated + " were repeated");
    }

    private static int repeat(String name, TxnCommand command, TxnDecision.Persist persist) {
        TxnState written = TransitionStates.throughBytes(persist.record());
        boolean keeps = command instanceof TxnCommand.InitProducer init && init.take().keepOpen()
                && written instanceof TxnState.Ongoing;
        boolean damaged = command instanceof TxnCommand.End end && end.producerEpoch() == Short.MAX_VALUE;
        boolean first = TransitionStates.of(name) == null;
        if (keeps || damaged || first) {
            // An heir may follow an heir; nobody holds 32767; and to an id that was never seen every pair is foreign.
            return 0;
        }
        if (written instanceof TxnState.Preparing preparing) {
            assertInstanceOf(TxnDecision.AwaitMarkers.class, decide(written, command), name + " " + command);
            written = TransitionStates.throughBytes(new TxnRecord("t", preparing.completed(NOW)));
        }
        TxnDecision again = decide(written, command);
        TxnReply reply = switch (again) {
            case TxnDecision.Answer answer -> answer.reply();
            case TxnDecision.Persist rewritten -> rewritten.whenCommitted();
            default -> throw new AssertionError(name + " " + command + " -> " + persist + " -> " + again);
        };
        assertEquals(persist.whenCommitted(), reply, name + " " + command);
        return 1;
    }

    @TestFactory
    Stream<DynamicTest> withoutProducerIdsTheCommandWaits() {
        Transitions starved = new Transitions(new ProducerIds(), TxnLimits.DEFAULTS);
        TxnCommand init = new TxnCommand.InitProducer("t", TIMEOUT, -1, (short) -1);
        TxnCommand keep =
                new TxnCommand.InitProducer("t", TIMEOUT, -1, (short) -1, KEEP, TxnCommand.Asker.UNKNOWN);
        return Stream.<Object[]>of(
                        new Object[] {"none", init},
                        new Object[] {"Empty!", init},
                        new Object[] {"Ongoing!", init},
                        new Object[] {"Ongoing!", keep},
                        new Object[] {"HeirLast", keep},
                        new Object[] {"Ongoing!", new TxnCommand.TimeOut("t")},
                        new Object[] {
                            "Ongoing!", new TxnCommand.End("t", P, EXHAUSTED, Outcome.COMMIT, TxnVersion.V2)
                        })
                .map(row -> dynamicTest(
                        row[0] + " " + row[1],
                        () -> assertInstanceOf(TxnDecision.AwaitProducerId.class,
                                starved.decide(TransitionStates.of((String) row[0]), (TxnCommand) row[1], NOW))));
    }

    // ---- the tables' language

    private interface Ask {
        TxnCommand of(TxnReply.Granted pair);
    }

    private static Stream<DynamicTest> table(String text, Ask ask) {
        List<DynamicTest> tests = new ArrayList<>();
        String[] columns = cells(text.lines().findFirst().orElseThrow());
        for (String[] row : rows(text)) {
            TxnState state = TransitionStates.of(row[0]);
            assertEquals(columns.length, row.length, row[0]);
            for (int column = 1; column < columns.length; column++) {
                TxnReply.Granted pair = TransitionStates.pair(state, columns[column]);
                String expected = row[column];
                assertEquals(pair == null, expected.equals("-"), row[0] + " " + columns[column]);
                if (pair != null) {
                    TxnCommand command = ask.of(pair);
                    tests.add(dynamicTest(
                            row[0] + " x " + columns[column] + " -> " + expected,
                            () -> assertEquals(
                                    expected, TransitionStates.show(decide(state, command)), command.toString())));
                }
            }
        }
        return tests.stream();
    }

    /// The lines below the first, which must name every state.
    private static List<String[]> rows(String text) {
        List<String[]> rows = text.lines().skip(1).map(TransitionsTest::cells).toList();
        Set<String> named = new LinkedHashSet<>(rows.stream().map(row -> row[0]).toList());
        assertTrue(named.containsAll(TransitionStates.ALL), "every state is in the table: " + named);
        assertEquals(named.size(), rows.size(), "every state is in the table once");
        return rows;
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
}
