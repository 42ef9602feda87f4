package io.chapar.client.producer;

import io.chapar.client.AbortableException;
import io.chapar.client.Disposition;
import io.chapar.client.metadata.CoordinatorType;
import io.chapar.client.producer.CoordinatorCalls.Verdict;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.AddOffsetsToTxnRequest;
import io.chapar.protocol.message.AddOffsetsToTxnResponse;
import io.chapar.protocol.message.AddPartitionsToTxnRequest;
import io.chapar.protocol.message.AddPartitionsToTxnResponse;
import io.chapar.protocol.message.Response;
import io.chapar.transport.Call;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/// Transactions version 1: every partition, and every group, is announced to the transaction coordinator before it is
/// written to. On the loop only.
final class TxnAnnouncements {
    private static final int LAST_CLIENT_VERSION = 3;

    private final CoordinatorCalls calls;
    private final ProducerConfig config;
    private final TxnCore txn;
    private final TreeSet<TopicPartition> added = new TreeSet<>();
    private final TreeSet<TopicPartition> wanted = new TreeSet<>();
    /// Whether partitions are being announced; what is wanted meanwhile goes into the next request.
    private boolean announcing;
    private int groupsOpen;
    /// An announcement may have reached the coordinator, and none is known to have been accepted after it.
    private boolean uncertain;

    TxnAnnouncements(CoordinatorCalls calls, ProducerConfig config, TxnCore txn) {
        this.calls = calls;
        this.config = config;
        this.txn = txn;
    }

    /// Whether the partition is part of the transaction; if not, it is announced now.
    boolean admits(TopicPartition partition) {
        if (added.contains(partition)) {
            return true;
        }
        wanted.add(partition);
        if (!announcing) {
            announce();
        }
        return false;
    }

    boolean isBusy() {
        return announcing || groupsOpen > 0;
    }

    boolean areUncertain() {
        return uncertain;
    }

    void clear() {
        added.clear();
        wanted.clear();
        uncertain = false;
    }

    private void announce() {
        List<TopicPartition> batch = List.copyOf(wanted);
        announcing = true;
        calls.send(CoordinatorType.TRANSACTION, config.requireTransactionalId(), Long.MAX_VALUE, () -> addCall(batch),
                new CoordinatorCalls.Reader() {
                    @Override
                    public Verdict read(Response response, short version, boolean lostBefore) {
                        Verdict verdict = onAdded(batch, (AddPartitionsToTxnResponse) response);
                        return verdict == Verdict.DONE || txn.isOpen() ? verdict : ended(lostBefore);
                    }

                    @Override
                    public void gaveUp(ErrorCode error, String detail, boolean lostBefore) {
                        uncertain |= lostBefore;
                        announcing = false;
                        txn.broken(Disposition.exception(error, "Adding partitions to the transaction", detail));
                    }
                });
    }

    /// The transaction is being aborted, so nobody needs the announcement; it may have happened.
    private Verdict ended(boolean lostBefore) {
        uncertain |= lostBefore;
        announcing = false;
        txn.wake();
        return Verdict.DONE;
    }

    private Call addCall(List<TopicPartition> partitions) {
        Map<String, List<Integer>> byTopic = new TreeMap<>();
        partitions.forEach(p -> byTopic.computeIfAbsent(p.topic(), name -> new ArrayList<>()).add(p.partition()));
        List<AddPartitionsToTxnRequest.AddPartitionsToTxnTopic> topics = new ArrayList<>();
        byTopic.forEach((name, numbers) -> topics.add(AddPartitionsToTxnRequest.AddPartitionsToTxnTopic.builder()
                .name(name).partitions(numbers).build()));
        AddPartitionsToTxnRequest request = AddPartitionsToTxnRequest.builder()
                .v3AndBelowTransactionalId(config.requireTransactionalId())
                .v3AndBelowProducerId(txn.identity().producerId())
                .v3AndBelowProducerEpoch(txn.identity().epoch())
                .v3AndBelowTopics(topics)
                .build();
        return Call.of(request, config.client().requestTimeoutMs()).atMost(LAST_CLIENT_VERSION);
    }

    private Verdict onAdded(List<TopicPartition> batch, AddPartitionsToTxnResponse response) {
        ErrorCode worst = ErrorCode.NONE;
        for (var topic : response.resultsByTopicV3AndBelow()) {
            for (var partition : topic.resultsByPartition()) {
                ErrorCode error = ErrorCode.of(partition.partitionErrorCode());
                if (error != ErrorCode.NONE && (worst == ErrorCode.NONE
                        || worst == ErrorCode.OPERATION_NOT_ATTEMPTED)) {
                    worst = error;
                }
            }
        }
        if (worst == ErrorCode.NONE) {
            announcing = false;
            txn.markStarted();
            added.addAll(batch);
            wanted.removeAll(batch);
            if (!wanted.isEmpty() && txn.isOpen()) {
                announce();
            }
            txn.wake();
            return Verdict.DONE;
        }
        Verdict again = Verdict.ofRetriable(worst);
        if (again != null) {
            return again;
        }
        announcing = false;
        String what = "Adding " + batch + " to the transaction";
        switch (worst) {
            case TOPIC_AUTHORIZATION_FAILED, TRANSACTION_ABORTABLE, UNKNOWN_PRODUCER_ID, OPERATION_NOT_ATTEMPTED,
                    INVALID_TOPIC_EXCEPTION ->
                txn.makeAbortable(new AbortableException(worst, what + ": " + worst));
            default -> txn.broken(Disposition.exception(worst, what, null));
        }
        txn.wake();
        return Verdict.DONE;
    }

    /// Announces a group; `accepted` runs when its offsets may be sent, `refused` when they never will.
    void announceGroup(String groupId, long deadlineMs, Runnable accepted, TxnOffsets.Refusal refused) {
        groupsOpen++;
        calls.send(CoordinatorType.TRANSACTION, config.requireTransactionalId(), deadlineMs, () -> groupCall(groupId),
                new CoordinatorCalls.Reader() {
                    @Override
                    public Verdict read(Response response, short version, boolean lostBefore) {
                        ErrorCode error = ErrorCode.of(((AddOffsetsToTxnResponse) response).errorCode());
                        Verdict again = error == ErrorCode.NONE ? null : Verdict.ofRetriable(error);
                        if (again != null && txn.isOpen()) {
                            return again;
                        }
                        groupsOpen--;
                        if (error == ErrorCode.NONE) {
                            txn.markStarted();
                            accepted.run();
                        } else {
                            uncertain |= lostBefore;
                            refused.because(error, "adding the group to the transaction");
                        }
                        return Verdict.DONE;
                    }

                    @Override
                    public void gaveUp(ErrorCode error, String detail, boolean lostBefore) {
                        groupsOpen--;
                        uncertain |= lostBefore;
                        refused.because(error, detail);
                    }
                });
    }

    private Call groupCall(String groupId) {
        return Call.of(AddOffsetsToTxnRequest.builder()
                .transactionalId(config.requireTransactionalId())
                .producerId(txn.identity().producerId())
                .producerEpoch(txn.identity().epoch())
                .groupId(groupId)
                .build(), config.client().requestTimeoutMs());
    }
}
