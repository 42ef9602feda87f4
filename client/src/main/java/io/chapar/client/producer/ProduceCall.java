package io.chapar.client.producer;

import io.chapar.client.metadata.ClusterView;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.transport.Call;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/// One Produce request: at most one batch for each partition, all to one broker.
///
/// Versions: 3 brings batches of format 2 and transactions; 8 record errors; 10 the new leader in the answer; up to 11
/// a transaction's partitions are added by the client (transactions version 1), from 12 by the broker; 13 names topics
/// by id.
final class ProduceCall {
    private static final short BY_TOPIC_ID = 13;
    private static final short LAST_WITH_CLIENT_ADDED_PARTITIONS = 11;
    private static final int OVERHEAD_BYTES = 128;

    /// What the broker said of one batch. `leaderId` -1 and `leader` null unless it named another leader.
    record Answer(Batch batch, ErrorCode error, String message, long baseOffset, long appendTimeMs, int leaderId,
            int leaderEpoch, @Nullable Node leader) {
    }

    private final ProducerConfig config;
    private final Map<TopicPartition, Batch> open = new LinkedHashMap<>();
    private final Map<UUID, String> names = new LinkedHashMap<>();
    private int sizeInBytes = OVERHEAD_BYTES;

    ProduceCall(ProducerConfig config) {
        this.config = config;
    }

    void add(Batch batch) {
        open.put(batch.partition(), batch);
        sizeInBytes += batch.sizeInBytes() + OVERHEAD_BYTES;
    }

    int sizeInBytes() {
        return sizeInBytes;
    }

    /// The batches that no answer has been taken for.
    Collection<Batch> unanswered() {
        return List.copyOf(open.values());
    }

    Call toCall(ClusterView view, boolean transactionsV2) {
        boolean byId = true;
        for (TopicPartition partition : open.keySet()) {
            TopicView topic = view.topic(partition.topic());
            if (topic == null || !topic.hasId()) {
                byId = false;
            } else {
                names.put(topic.id(), topic.name());
            }
        }
        Map<String, UUID> ids = new LinkedHashMap<>();
        names.forEach((id, name) -> ids.put(name, id));
        Call call = Call.of(ApiKey.PRODUCE, config.client().requestTimeoutMs(), version -> request(version, ids));
        if (!byId) {
            call = call.atMost(BY_TOPIC_ID - 1);
        }
        if (config.transactional()) {
            call = transactionsV2 ? call.atLeast(LAST_WITH_CLIENT_ADDED_PARTITIONS + 1)
                    : call.atMost(LAST_WITH_CLIENT_ADDED_PARTITIONS);
        }
        return config.acks() == Acks.NONE ? call.withoutAnswer() : call;
    }

    private ProduceRequest request(short version, Map<String, UUID> ids) {
        Map<String, List<ProduceRequest.PartitionProduceData>> byTopic = new LinkedHashMap<>();
        open.forEach((partition, batch) -> byTopic.computeIfAbsent(partition.topic(), name -> new ArrayList<>())
                .add(ProduceRequest.PartitionProduceData.builder()
                        .index(partition.partition())
                        .records(new BufferRecords(batch.bytes()))
                        .build()));
        List<ProduceRequest.TopicProduceData> topics = new ArrayList<>();
        byTopic.forEach((name, partitions) -> {
            ProduceRequest.TopicProduceData.Builder topic = ProduceRequest.TopicProduceData.builder()
                    .partitionData(partitions);
            topics.add((version >= BY_TOPIC_ID
                    ? topic.topicId(ids.getOrDefault(name, TopicView.NO_ID)) : topic.name(name)).build());
        });
        return ProduceRequest.builder()
                .transactionalId(config.transactionalId())
                .acks(config.acks().code())
                .timeoutMs(config.client().requestTimeoutMs())
                .topicData(topics)
                .build();
    }

    /// Takes the answer for each batch that has one; answers for anything else are ignored.
    List<Answer> answers(ProduceResponse response, short version) {
        Map<Integer, Node> endpoints = new LinkedHashMap<>();
        for (ProduceResponse.NodeEndpoint endpoint : response.nodeEndpoints()) {
            endpoints.put(endpoint.nodeId(),
                    new Node(endpoint.nodeId(), endpoint.host(), endpoint.port(), endpoint.rack()));
        }
        List<Answer> answers = new ArrayList<>();
        for (ProduceResponse.TopicProduceResponse topic : response.responses()) {
            String name = version >= BY_TOPIC_ID ? names.get(topic.topicId()) : topic.name();
            if (name == null) {
                continue;
            }
            for (ProduceResponse.PartitionProduceResponse one : topic.partitionResponses()) {
                Batch batch = open.remove(new TopicPartition(name, one.index()));
                if (batch != null) {
                    ProduceResponse.LeaderIdAndEpoch leader = one.currentLeader();
                    answers.add(new Answer(batch, ErrorCode.of(one.errorCode()), message(one), one.baseOffset(),
                            one.logAppendTimeMs(), leader.leaderId(), leader.leaderEpoch(),
                            endpoints.get(leader.leaderId())));
                }
            }
        }
        return answers;
    }

    private static String message(ProduceResponse.PartitionProduceResponse one) {
        StringBuilder text = new StringBuilder(one.errorMessage() == null ? "" : one.errorMessage());
        for (ProduceResponse.BatchIndexAndErrorMessage record : one.recordErrors()) {
            text.append(text.isEmpty() ? "" : "; ").append("record ").append(record.batchIndex())
                    .append(" of its batch");
            if (record.batchIndexErrorMessage() != null) {
                text.append(": ").append(record.batchIndexErrorMessage());
            }
        }
        return text.toString();
    }
}
