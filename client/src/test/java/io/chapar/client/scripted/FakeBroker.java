package io.chapar.client.scripted;

import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.AddOffsetsToTxnRequest;
import io.chapar.protocol.message.AddOffsetsToTxnResponse;
import io.chapar.protocol.message.AddPartitionsToTxnRequest;
import io.chapar.protocol.message.AddPartitionsToTxnResponse;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.EndTxnRequest;
import io.chapar.protocol.message.EndTxnResponse;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.FindCoordinatorResponse;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.TxnOffsetCommitRequest;
import io.chapar.protocol.message.TxnOffsetCommitResponse;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.transport.Call;
import io.chapar.transport.Node;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/// A cluster in a few lines, for scripted faults: partitions that check epochs and sequences as a broker does, and one
/// transaction coordinator that decides at once. What it cannot do, it refuses.
public final class FakeBroker {
    public static final Node ONE = new Node(1, "one", 9092);
    public static final Node TWO = new Node(2, "two", 9092);
    private static final int REMEMBERED_BATCHES = 5;

    /// What a partition holds: one batch, or the marker that ended a transaction.
    public record Entry(long producerId, short epoch, int baseSequence, boolean transactional, List<String> values,
            Boolean commitMarker) {
    }

    /// A partition's log with what it knows of each producer.
    public static final class Log {
        public final List<Entry> entries = new ArrayList<>();
        private final Map<Long, ProducerEntry> producers = new TreeMap<>();
        private long endOffset;

        public List<String> values() {
            return entries.stream().flatMap(entry -> entry.values.stream()).toList();
        }

        /// What a reader of committed records sees.
        public List<String> committedValues() {
            List<String> visible = new ArrayList<>();
            for (int i = 0; i < entries.size(); i++) {
                Entry entry = entries.get(i);
                if (!entry.transactional || isCommitted(entry.producerId, i)) {
                    visible.addAll(entry.values);
                }
            }
            return visible;
        }

        private boolean isCommitted(long producerId, int from) {
            for (Entry entry : entries.subList(from, entries.size())) {
                if (entry.commitMarker != null && entry.producerId == producerId) {
                    return entry.commitMarker;
                }
            }
            return false;
        }

        /// As after `producer.id.expiration.ms`.
        public void forgetProducers() {
            producers.clear();
        }
    }

    private record Written(int first, int last, long offset) {
    }

    private static final class ProducerEntry {
        short epoch;
        final List<Written> batches = new ArrayList<>();
    }

    private static final class Txn {
        long producerId;
        short epoch;
        short lastEpoch = -1;
        Boolean lastOutcome;
        boolean ongoing;
        final Map<TopicPartition, Boolean> partitions = new TreeMap<>();
        final Map<TopicPartition, Long> staged = new TreeMap<>();
    }

    public final Map<TopicPartition, Log> logs = new TreeMap<>();
    public final Map<TopicPartition, Long> committedOffsets = new TreeMap<>();
    private Node leader = ONE;
    private int leaderEpoch;
    public Node coordinator = ONE;
    public boolean transactionsV2 = true;
    /// Of the last request for metadata.
    public final List<String> askedTopics = new ArrayList<>();
    public int maxBatchBytes = Integer.MAX_VALUE;
    public boolean topicIds = true;
    private final Map<String, Integer> topics = new LinkedHashMap<>();
    private final Map<String, Txn> transactions = new TreeMap<>();
    private final Map<ApiKey, Short> highest = new TreeMap<>();
    private long nextProducerId = 1000;

    public FakeBroker topic(String name, int partitions) {
        topics.put(name, partitions);
        for (int partition = 0; partition < partitions; partition++) {
            logs.put(new TopicPartition(name, partition), new Log());
        }
        return this;
    }

    public FakeBroker highestVersion(ApiKey api, int version) {
        highest.put(api, (short) version);
        return this;
    }

    public Log log(String topic, int partition) {
        return logs.get(new TopicPartition(topic, partition));
    }

    public short epochOf(String transactionalId) {
        return transactions.get(transactionalId).epoch;
    }

    public void moveLeader(Node next) {
        leader = next;
        leaderEpoch++;
    }

    /// The version that both know, or -1.
    short agree(Call call) {
        short served = highest.getOrDefault(call.api(), call.api().latestStable());
        short version = (short) Math.min(served, call.highest());
        return version >= call.lowest() ? version : -1;
    }

    Response handle(Node node, Request request, short version) {
        return switch (request) {
            case MetadataRequest metadata -> metadata(metadata);
            case FindCoordinatorRequest find -> find(find);
            case InitProducerIdRequest init -> init(node, init);
            case ProduceRequest produce -> produce(node, produce, version);
            case AddPartitionsToTxnRequest add -> addPartitions(node, add);
            case AddOffsetsToTxnRequest add -> addOffsets(node, add);
            case TxnOffsetCommitRequest commit -> commitOffsets(node, commit, version);
            case EndTxnRequest end -> end(node, end, version);
            default -> throw new AssertionError("not served: " + request);
        };
    }

    private UUID idOf(String topic) {
        return topicIds ? new UUID(7, topic.hashCode()) : new UUID(0, 0);
    }

    private String nameOf(UUID id) {
        return topics.keySet().stream().filter(name -> idOf(name).equals(id)).findFirst().orElse(null);
    }

    private MetadataResponse metadata(MetadataRequest request) {
        askedTopics.clear();
        request.topics().forEach(asked -> askedTopics.add(asked.name()));
        List<MetadataResponse.MetadataResponseBroker> brokers = new ArrayList<>();
        for (Node node : List.of(ONE, TWO)) {
            brokers.add(MetadataResponse.MetadataResponseBroker.builder()
                    .nodeId(node.id()).host(node.host()).port(node.port()).build());
        }
        List<MetadataResponse.MetadataResponseTopic> described = new ArrayList<>();
        for (MetadataRequest.MetadataRequestTopic asked : request.topics()) {
            Integer partitions = topics.get(asked.name());
            MetadataResponse.MetadataResponseTopic.Builder topic =
                    MetadataResponse.MetadataResponseTopic.builder().name(asked.name());
            if (asked.name().contains(" ")) {
                topic.errorCode(ErrorCode.INVALID_TOPIC_EXCEPTION.code());
            } else if (partitions == null) {
                topic.errorCode(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION.code());
            } else {
                List<MetadataResponse.MetadataResponsePartition> parts = new ArrayList<>();
                for (int partition = 0; partition < partitions; partition++) {
                    parts.add(MetadataResponse.MetadataResponsePartition.builder()
                            .partitionIndex(partition).leaderId(leader.id()).leaderEpoch(leaderEpoch).build());
                }
                topic.topicId(idOf(asked.name())).partitions(parts);
            }
            described.add(topic.build());
        }
        return MetadataResponse.builder().brokers(brokers).topics(described).controllerId(1).build();
    }

    private FindCoordinatorResponse find(FindCoordinatorRequest request) {
        List<FindCoordinatorResponse.Coordinator> found = request.coordinatorKeys().stream()
                .map(key -> FindCoordinatorResponse.Coordinator.builder().key(key).nodeId(coordinator.id())
                        .host(coordinator.host()).port(coordinator.port()).build())
                .toList();
        return FindCoordinatorResponse.builder().coordinators(found).build();
    }

    private InitProducerIdResponse init(Node node, InitProducerIdRequest request) {
        if (request.transactionalId() == null) {
            return InitProducerIdResponse.builder().producerId(nextProducerId++).producerEpoch((short) 0).build();
        }
        if (!node.equals(coordinator)) {
            return InitProducerIdResponse.builder().errorCode(ErrorCode.NOT_COORDINATOR.code()).build();
        }
        Txn txn = transactions.get(request.transactionalId());
        if (txn == null) {
            txn = new Txn();
            txn.producerId = nextProducerId++;
            txn.epoch = -1;
            transactions.put(request.transactionalId(), txn);
        } else if (request.producerId() >= 0 && (request.producerId() != txn.producerId
                || (request.producerEpoch() != txn.epoch && request.producerEpoch() != txn.lastEpoch))) {
            return InitProducerIdResponse.builder().errorCode(ErrorCode.PRODUCER_FENCED.code()).build();
        }
        if (request.producerId() < 0 || request.producerEpoch() == txn.epoch) {
            if (txn.ongoing) {
                txn.epoch++;
                finish(txn, false);
            }
            txn.lastEpoch = request.producerId() < 0 ? -1 : txn.epoch;
            txn.lastOutcome = null;
            txn.epoch++;
        }
        return InitProducerIdResponse.builder().producerId(txn.producerId).producerEpoch(txn.epoch).build();
    }

    private ProduceResponse produce(Node node, ProduceRequest request, short version) {
        List<ProduceResponse.TopicProduceResponse> answers = new ArrayList<>();
        for (ProduceRequest.TopicProduceData topic : request.topicData()) {
            String name = version >= 13 ? nameOf(topic.topicId()) : topic.name();
            List<ProduceResponse.PartitionProduceResponse> parts = new ArrayList<>();
            for (ProduceRequest.PartitionProduceData data : topic.partitionData()) {
                TopicPartition partition = new TopicPartition(name, data.index());
                RecordBatch batch = RecordBatch.at(((BufferRecords) data.records()).bytes(), 0);
                parts.add(node.equals(leader) ? append(partition, batch, request.transactionalId(), version)
                        : answer(partition, ErrorCode.NOT_LEADER_OR_FOLLOWER, -1));
            }
            answers.add(ProduceResponse.TopicProduceResponse.builder()
                    .name(version >= 13 ? "" : name).topicId(version >= 13 ? topic.topicId() : new UUID(0, 0))
                    .partitionResponses(parts).build());
        }
        return ProduceResponse.builder().responses(answers).build();
    }

    private static ProduceResponse.PartitionProduceResponse answer(TopicPartition partition, ErrorCode error,
            long offset) {
        return ProduceResponse.PartitionProduceResponse.builder()
                .index(partition.partition()).errorCode(error.code()).baseOffset(offset).build();
    }

    private ProduceResponse.PartitionProduceResponse append(TopicPartition partition, RecordBatch batch,
            String transactionalId, short version) {
        if (!batch.isCrcValid()) {
            return answer(partition, ErrorCode.CORRUPT_MESSAGE, -1);
        }
        if (batch.sizeInBytes() > maxBatchBytes) {
            return answer(partition, ErrorCode.MESSAGE_TOO_LARGE, -1);
        }
        Log log = logs.get(partition);
        ErrorCode refusal = batch.isTransactional() ? admit(partition, batch, transactionalId, version)
                : ErrorCode.NONE;
        if (refusal != ErrorCode.NONE) {
            return answer(partition, refusal, -1);
        }
        if (batch.hasProducerId()) {
            ProducerEntry known = log.producers.get(batch.producerId());
            if (known == null) {
                known = new ProducerEntry();
                known.epoch = batch.producerEpoch();
                log.producers.put(batch.producerId(), known);
            } else if (batch.producerEpoch() < known.epoch) {
                return answer(partition, ErrorCode.INVALID_PRODUCER_EPOCH, -1);
            } else if (batch.producerEpoch() > known.epoch) {
                if (batch.baseSequence() != 0) {
                    return answer(partition, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, -1);
                }
                known.epoch = batch.producerEpoch();
                known.batches.clear();
            } else {
                for (Written written : known.batches) {
                    if (written.first == batch.baseSequence() && written.last == batch.lastSequence()) {
                        return answer(partition, ErrorCode.NONE, written.offset);
                    }
                }
                if (!known.batches.isEmpty() && batch.baseSequence() != known.batches.getLast().last + 1) {
                    return answer(partition, ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, -1);
                }
            }
            known.batches.add(new Written(batch.baseSequence(), batch.lastSequence(), log.endOffset));
            if (known.batches.size() > REMEMBERED_BATCHES) {
                known.batches.removeFirst();
            }
        }
        List<String> values = new ArrayList<>();
        batch.records().forEach(record -> values.add(StandardCharsets.UTF_8
                .decode(record.value().duplicate()).toString()));
        log.entries.add(new Entry(batch.producerId(), batch.producerEpoch(), batch.baseSequence(),
                batch.isTransactional(), values, null));
        long offset = log.endOffset;
        log.endOffset += values.size();
        return answer(partition, ErrorCode.NONE, offset);
    }

    private ErrorCode admit(TopicPartition partition, RecordBatch batch, String transactionalId, short version) {
        Txn txn = transactions.get(transactionalId);
        if (txn == null || txn.producerId != batch.producerId()) {
            return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
        }
        if (txn.epoch != batch.producerEpoch()) {
            return ErrorCode.INVALID_PRODUCER_EPOCH;
        }
        if (version >= 12) {
            txn.ongoing = true;
            txn.partitions.put(partition, true);
        }
        return txn.ongoing && txn.partitions.containsKey(partition) ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE;
    }

    private ErrorCode check(Node node, String transactionalId, long producerId, short epoch) {
        Txn txn = transactions.get(transactionalId);
        return !node.equals(coordinator) ? ErrorCode.NOT_COORDINATOR
                : txn == null || txn.producerId != producerId ? ErrorCode.INVALID_PRODUCER_ID_MAPPING
                : txn.epoch != epoch ? ErrorCode.PRODUCER_FENCED : ErrorCode.NONE;
    }

    private AddPartitionsToTxnResponse addPartitions(Node node, AddPartitionsToTxnRequest request) {
        ErrorCode error = check(node, request.v3AndBelowTransactionalId(), request.v3AndBelowProducerId(),
                request.v3AndBelowProducerEpoch());
        Txn txn = transactions.get(request.v3AndBelowTransactionalId());
        List<AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult> results = new ArrayList<>();
        for (AddPartitionsToTxnRequest.AddPartitionsToTxnTopic topic : request.v3AndBelowTopics()) {
            List<AddPartitionsToTxnResponse.AddPartitionsToTxnPartitionResult> parts = new ArrayList<>();
            for (int partition : topic.partitions()) {
                if (error == ErrorCode.NONE) {
                    txn.ongoing = true;
                    txn.partitions.put(new TopicPartition(topic.name(), partition), true);
                }
                parts.add(AddPartitionsToTxnResponse.AddPartitionsToTxnPartitionResult.builder()
                        .partitionIndex(partition).partitionErrorCode(error.code()).build());
            }
            results.add(AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult.builder()
                    .name(topic.name()).resultsByPartition(parts).build());
        }
        return AddPartitionsToTxnResponse.builder().resultsByTopicV3AndBelow(results).build();
    }

    private AddOffsetsToTxnResponse addOffsets(Node node, AddOffsetsToTxnRequest request) {
        ErrorCode error = check(node, request.transactionalId(), request.producerId(), request.producerEpoch());
        if (error == ErrorCode.NONE) {
            transactions.get(request.transactionalId()).ongoing = true;
        }
        return AddOffsetsToTxnResponse.builder().errorCode(error.code()).build();
    }

    private TxnOffsetCommitResponse commitOffsets(Node node, TxnOffsetCommitRequest request, short version) {
        ErrorCode error = check(node, request.transactionalId(), request.producerId(), request.producerEpoch());
        Txn txn = transactions.get(request.transactionalId());
        if (error == ErrorCode.NONE && version < 5 && !txn.ongoing) {
            error = ErrorCode.INVALID_TXN_STATE;
        }
        List<TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic> topicsDone = new ArrayList<>();
        for (TxnOffsetCommitRequest.TxnOffsetCommitRequestTopic topic : request.topics()) {
            List<TxnOffsetCommitResponse.TxnOffsetCommitResponsePartition> parts = new ArrayList<>();
            for (var one : topic.partitions()) {
                if (error == ErrorCode.NONE) {
                    txn.ongoing = true;
                    txn.staged.put(new TopicPartition(topic.name(), one.partitionIndex()), one.committedOffset());
                }
                parts.add(TxnOffsetCommitResponse.TxnOffsetCommitResponsePartition.builder()
                        .partitionIndex(one.partitionIndex()).errorCode(error.code()).build());
            }
            topicsDone.add(TxnOffsetCommitResponse.TxnOffsetCommitResponseTopic.builder()
                    .name(topic.name()).partitions(parts).build());
        }
        return TxnOffsetCommitResponse.builder().topics(topicsDone).build();
    }

    private EndTxnResponse end(Node node, EndTxnRequest request, short version) {
        Txn txn = transactions.get(request.transactionalId());
        boolean v2 = version >= 5;
        boolean retry = v2 && txn.lastOutcome != null && request.producerEpoch() == txn.lastEpoch;
        ErrorCode error = !node.equals(coordinator) ? ErrorCode.NOT_COORDINATOR
                : retry ? (txn.lastOutcome == request.committed() ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE)
                : check(node, request.transactionalId(), request.producerId(), request.producerEpoch());
        if (error == ErrorCode.NONE && !retry) {
            if (!v2 && !txn.ongoing) {
                error = txn.lastOutcome != null && txn.lastOutcome == request.committed() ? ErrorCode.NONE
                        : ErrorCode.INVALID_TXN_STATE;
            } else if (!txn.ongoing && request.committed()) {
                error = ErrorCode.INVALID_TXN_STATE;
            } else {
                if (v2) {
                    txn.lastEpoch = txn.epoch++;
                }
                finish(txn, request.committed());
            }
        }
        EndTxnResponse.Builder answer = EndTxnResponse.builder().errorCode(error.code());
        return v2 && error == ErrorCode.NONE
                ? answer.producerId(txn.producerId).producerEpoch(txn.epoch).build() : answer.build();
    }

    private void finish(Txn txn, boolean commit) {
        for (TopicPartition partition : txn.partitions.keySet()) {
            Log log = logs.get(partition);
            ProducerEntry known = log.producers.computeIfAbsent(txn.producerId, id -> new ProducerEntry());
            if (txn.epoch > known.epoch) {
                known.epoch = txn.epoch;
                known.batches.clear();
            }
            log.entries.add(new Entry(txn.producerId, txn.epoch, -1, true, List.of(), commit));
            log.endOffset++;
        }
        if (commit) {
            committedOffsets.putAll(txn.staged);
        }
        txn.lastOutcome = commit;
        txn.ongoing = false;
        txn.partitions.clear();
        txn.staged.clear();
    }

    /// Another instance takes the transactional id over.
    public void fence(String transactionalId) {
        init(coordinator, InitProducerIdRequest.builder().transactionalId(transactionalId).producerId(-1L)
                .producerEpoch((short) -1).build());
    }
}
