package io.chapar.client.producer;

import io.chapar.client.AbortableException;
import io.chapar.client.ChaparException;
import io.chapar.client.Disposition;
import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.metadata.CoordinatorType;
import io.chapar.client.producer.CoordinatorCalls.Verdict;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.TxnOffsetCommitRequest;
import io.chapar.protocol.message.TxnOffsetCommitResponse;
import io.chapar.transport.Call;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/// Offsets that become a group's committed ones if the transaction commits. If they cannot be stored in time the
/// transaction must be aborted. On the loop only.
final class TxnOffsets {
    private static final int FIRST_V2_VERSION = 5;
    /// From version 6 on topics are named by id.
    private static final int LAST_BY_NAME = 5;
    private static final int FIRST_WITH_MEMBER = 3;

    @FunctionalInterface
    interface Refusal {
        void because(ErrorCode error, String detail);
    }

    private final CoordinatorCalls calls;
    private final ProducerConfig config;
    private final TxnCore txn;
    private final TxnAnnouncements announcements;
    private int open;

    TxnOffsets(CoordinatorCalls calls, ProducerConfig config, TxnCore txn, TxnAnnouncements announcements) {
        this.calls = calls;
        this.config = config;
        this.txn = txn;
        this.announcements = announcements;
    }

    boolean isBusy() {
        return open > 0;
    }

    CompletableFuture<Void> send(Map<TopicPartition, OffsetAndMetadata> positions, GroupMetadata group, boolean v2) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        if (positions.isEmpty()) {
            done.complete(null);
            return done;
        }
        Pending pending = new Pending(new TreeMap<>(positions), group, v2, txn.nowMs() + config.maxBlockMs(), done);
        open++;
        if (v2) {
            txn.markStarted();
            pending.store();
        } else {
            announcements.announceGroup(group.groupId(), pending.deadlineMs, pending::store, pending::refused);
        }
        return done;
    }

    private final class Pending implements CoordinatorCalls.Reader {
        private final Map<TopicPartition, OffsetAndMetadata> left;
        private final GroupMetadata group;
        private final boolean v2;
        private final long deadlineMs;
        private final CompletableFuture<Void> done;

        Pending(Map<TopicPartition, OffsetAndMetadata> left, GroupMetadata group, boolean v2, long deadlineMs,
                CompletableFuture<Void> done) {
            this.left = left;
            this.group = group;
            this.v2 = v2;
            this.deadlineMs = deadlineMs;
            this.done = done;
        }

        void store() {
            calls.send(CoordinatorType.GROUP, group.groupId(), deadlineMs, this::call, this);
        }

        private Call call() {
            Call call = Call.of(ApiKey.TXN_OFFSET_COMMIT, config.client().requestTimeoutMs(), this::request);
            call = v2 ? call.atLeast(FIRST_V2_VERSION).atMost(LAST_BY_NAME) : call.atMost(FIRST_V2_VERSION - 1);
            return group.memberId().isEmpty() && group.generation() < 0 ? call : call.atLeast(FIRST_WITH_MEMBER);
        }

        private TxnOffsetCommitRequest request(short version) {
            Map<String, List<TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition>> byTopic = new TreeMap<>();
            left.forEach((partition, position) -> byTopic
                    .computeIfAbsent(partition.topic(), name -> new ArrayList<>())
                    .add(TxnOffsetCommitRequest.TxnOffsetCommitRequestPartition.builder()
                            .partitionIndex(partition.partition())
                            .committedOffset(position.offset())
                            .committedLeaderEpoch(position.leaderEpoch())
                            .committedMetadata(position.metadata())
                            .build()));
            List<TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic> topics = new ArrayList<>();
            byTopic.forEach((name, partitions) -> topics.add(TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic
                    .builder().name(name).partitions(partitions).build()));
            return TxnOffsetCommitRequest.builder()
                    .transactionalId(config.requireTransactionalId())
                    .groupId(group.groupId())
                    .producerId(txn.identity().producerId())
                    .producerEpoch(txn.identity().epoch())
                    .generationIdOrMemberEpoch(group.generation())
                    .memberId(group.memberId())
                    .groupInstanceId(group.instanceId())
                    .topics(topics)
                    .build();
        }

        @Override
        public Verdict read(Response response, short version, boolean lostBefore) {
            Verdict again = null;
            for (var topic : ((TxnOffsetCommitResponse) response).topics()) {
                for (var partition : topic.partitions()) {
                    ErrorCode error = ErrorCode.of(partition.errorCode());
                    if (error == ErrorCode.NONE) {
                        left.remove(new TopicPartition(topic.name(), partition.partitionIndex()));
                        continue;
                    }
                    Verdict verdict = Verdict.ofRetriable(error);
                    if (verdict == null || !txn.isOpen()) {
                        refused(error, null);
                        return Verdict.DONE;
                    }
                    again = verdict == Verdict.REFRESH || again == null ? verdict : again;
                }
            }
            if (again != null) {
                return again;
            }
            if (!left.isEmpty()) {
                refused(ErrorCode.UNKNOWN_SERVER_ERROR, "the answer leaves out " + left.keySet());
                return Verdict.DONE;
            }
            open--;
            done.complete(null);
            txn.wake();
            return Verdict.DONE;
        }

        @Override
        public void gaveUp(ErrorCode error, String detail, boolean lostBefore) {
            refused(error, detail);
        }

        private void refused(ErrorCode error, @Nullable String detail) {
            open--;
            String what = "Sending offsets of group " + group.groupId();
            ChaparException cause = switch (error) {
                case PRODUCER_FENCED, INVALID_PRODUCER_EPOCH, INVALID_PRODUCER_ID_MAPPING,
                        TRANSACTIONAL_ID_AUTHORIZATION_FAILED, UNSUPPORTED_FOR_MESSAGE_FORMAT, INVALID_TXN_STATE,
                        UNSUPPORTED_VERSION -> Disposition.exception(error, what, detail);
                default -> new AbortableException(error, what + ": " + error + (detail == null ? "" : ", " + detail));
            };
            done.completeExceptionally(cause);
            if (cause instanceof AbortableException) {
                txn.makeAbortable(cause);
            } else {
                txn.broken(cause);
            }
            txn.wake();
        }
    }
}
