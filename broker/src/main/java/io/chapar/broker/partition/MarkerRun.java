package io.chapar.broker.partition;

import io.chapar.broker.log.PartitionLog;
import io.chapar.broker.partition.AppendOutcome.Appended;
import io.chapar.broker.partition.AppendOutcome.Rejected;
import io.chapar.broker.producer.SequenceCheck;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.record.EndTxnMarker;
import io.chapar.protocol.record.RecordBatch;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongFunction;

/// Markers that leave in one write. Each is judged as if those before it stood in the log already, which is no
/// difference as long as no two are of one producer.
///
/// In version 2, where nothing of the transaction is here, nothing is written: the outcome then names the end of the
/// log, below which everything before stands. Guards are void all the same, and every later write of the transaction
/// has to ask its coordinator, who knows that its epoch is over. Version 1 cannot do without the marker: transactions
/// share an epoch there, and what tells a late marker of a coordinator before from one of today is the coordinator's
/// epoch that the marker leaves here. Nor can an internal topic, whose coordinator waits for it; nor a log that does
/// not begin at 0: it may have been begun anew behind the transaction, by a follower whose leader had nothing older,
/// and other replicas have the transaction open until they are sent its end.
final class MarkerRun {
    /// About a hundred kilobytes.
    private static final int MOST = 1024;

    private final List<MarkerAppend> markers;
    /// Null for those that are to be written.
    private final List<AppendOutcome> judged = new ArrayList<>();
    private final List<RecordBatch> batches = new ArrayList<>();

    private MarkerRun(List<MarkerAppend> markers) {
        this.markers = markers;
    }

    /// As many of the markers, from the first on, as may leave together; at least one.
    static MarkerRun of(List<MarkerAppend> markers) {
        if (markers.size() == 1) {
            return new MarkerRun(markers);
        }
        Set<Long> producers = new LinkedHashSet<>();
        int length = 0;
        while (length < Math.min(markers.size(), MOST) && producers.add(markers.get(length).producerId())) {
            length++;
        }
        return new MarkerRun(markers.subList(0, length));
    }

    /// Gives the batches to be written.
    ///
    /// @param noRoomFor why a producer that is not known cannot be taken in, or null
    List<RecordBatch> judge(
            PartitionLog log, boolean internalTopic, int leaderEpoch, long nowMs, LongFunction<String> noRoomFor) {
        for (MarkerAppend marker : markers) {
            String full = marker.fromClient() ? noRoomFor.apply(marker.producerId()) : null;
            AppendOutcome outcome = full != null
                    ? new Rejected(ErrorCode.POLICY_VIOLATION, full) : judge(marker, log, internalTopic);
            judged.add(outcome);
            if (outcome == null) {
                ByteBuffer bytes = new EndTxnMarker(
                        marker.producerId(), marker.producerEpoch(), coordinatorEpoch(marker, log), marker.commit())
                        .build(log.logEnd() + batches.size(), leaderEpoch, nowMs);
                batches.add(RecordBatch.at(bytes, bytes.position()));
            }
        }
        return batches;
    }

    private static @Nullable AppendOutcome judge(MarkerAppend marker, PartitionLog log, boolean internalTopic) {
        SequenceCheck check = log.producers().checkMarker(
                marker.producerId(), marker.producerEpoch(), marker.coordinatorEpoch(), marker.transactionVersion());
        if (check instanceof SequenceCheck.Fenced(var error, String reason)) {
            return new Rejected(error, reason);
        }
        boolean unneeded = marker.transactionVersion() >= 2
                && !internalTopic
                && log.logStart() == 0
                && !log.producers().hasOpenTxn(marker.producerId());
        if (!unneeded) {
            return null;
        }
        end(marker, log);
        return new Appended(log.logEnd() - 1, log.logEnd() - 1, -1, log.logStart(), true);
    }

    /// What the log is to remember. Who is no coordinator may know the epoch of another one: it raises none.
    private static int coordinatorEpoch(MarkerAppend marker, PartitionLog log) {
        return marker.fromClient()
                ? Math.max(0, log.producers().coordinatorEpoch(marker.producerId())) : marker.coordinatorEpoch();
    }

    private static void end(MarkerAppend marker, PartitionLog log) {
        log.producers().transactionEnded(
                marker.producerId(), marker.producerEpoch(), marker.transactionVersion());
    }

    /// The batches stand in the log.
    List<AppendOutcome> written(PartitionLog log) {
        List<AppendOutcome> outcomes = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < markers.size(); i++) {
            AppendOutcome outcome = judged.get(i);
            if (outcome == null) {
                end(markers.get(i), log);
                long offset = batches.get(next++).baseOffset();
                outcome = new Appended(offset, offset, -1, log.logStart(), false);
            }
            outcomes.add(outcome);
        }
        return outcomes;
    }

    /// Those that were to be written, or were not even judged, cannot be.
    List<AppendOutcome> unwritten(Rejected why) {
        List<AppendOutcome> outcomes = new ArrayList<>();
        for (int i = 0; i < markers.size(); i++) {
            boolean known = i < judged.size() && judged.get(i) != null;
            outcomes.add(known ? judged.get(i) : why);
        }
        return outcomes;
    }
}
