package io.chapar.broker.handler;

import io.chapar.broker.metadata.KafkaUuid;
import io.chapar.protocol.message.AddRaftVoterRequest;
import io.chapar.protocol.message.AlterClientQuotasRequest;
import io.chapar.protocol.message.AlterConfigsRequest;
import io.chapar.protocol.message.AlterPartitionReassignmentsRequest;
import io.chapar.protocol.message.AlterShareGroupOffsetsRequest;
import io.chapar.protocol.message.CreatePartitionsRequest;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.CreateTopicsRequest.CreatableTopic;
import io.chapar.protocol.message.DeleteGroupsRequest;
import io.chapar.protocol.message.DeleteRecordsRequest;
import io.chapar.protocol.message.DeleteShareGroupOffsetsRequest;
import io.chapar.protocol.message.DeleteTopicsRequest;
import io.chapar.protocol.message.ElectLeadersRequest;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest;
import io.chapar.protocol.message.OffsetDeleteRequest;
import io.chapar.protocol.message.RemoveRaftVoterRequest;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.UnregisterBrokerRequest;
import io.chapar.protocol.message.UpdateFeaturesRequest;
import io.chapar.protocol.message.WriteTxnMarkersRequest;
import org.jspecify.annotations.Nullable;

import java.util.List;

/// What a request would change, in a few words, however much it asks for.
final class AdminRequest {
    private static final String ONLY_ASKED = " (validate only)";

    private AdminRequest() {}

    static String text(Request request) {
        return switch (request) {
            case CreateTopicsRequest r -> Few.of(r.topics(), AdminRequest::topic) + only(r.validateOnly());
            case DeleteTopicsRequest r -> r.topics().isEmpty() ? Few.of(r.topicNames(), name -> name)
                    : Few.of(r.topics(), topic -> topic.name() != null ? topic.name()
                            : KafkaUuid.text(topic.topicId()));
            case DeleteRecordsRequest r -> Few.of(r.topics(), topic -> topic.name() + "/" + Few.of(
                    topic.partitions(), one -> one.partitionIndex() + " before " + one.offset()));
            case CreatePartitionsRequest r -> Few.of(r.topics(), topic -> topic.name() + " partitions=" + topic.count())
                    + only(r.validateOnly());
            case AlterConfigsRequest r -> Few.of(r.resources(),
                    one -> resource(one.resourceType(), one.resourceName()) + " all: "
                            + Few.of(one.configs(), config -> config.name() + "=" + config.value()))
                    + only(r.validateOnly());
            case IncrementalAlterConfigsRequest r -> Few.of(r.resources(),
                    one -> resource(one.resourceType(), one.resourceName()) + " "
                            + Few.of(one.configs(), config -> config.name()
                                    + operation(config.configOperation(), config.value()))) + only(r.validateOnly());
            case AlterClientQuotasRequest r -> Few.of(r.entries(), entry -> Few.of(entry.entity(),
                    one -> one.entityType() + " " + (one.entityName() == null ? "<default>" : one.entityName())) + ": "
                    + Few.of(entry.ops(), op -> op.key() + (op.remove() ? " unset" : "=" + op.value())))
                    + only(r.validateOnly());
            case UpdateFeaturesRequest r -> Few.of(r.featureUpdates(),
                    one -> one.feature() + "=" + one.maxVersionLevel()) + only(r.validateOnly());
            case ElectLeadersRequest r -> (r.electionType() == 0 ? "preferred, " : "unclean, ")
                    + (r.topicPartitions() == null ? "all" : Few.of(r.topicPartitions(),
                            topic -> partitions(topic.topic(), topic.partitions())));
            case AlterPartitionReassignmentsRequest r -> Few.of(r.topics(), topic -> topic.name() + "/" + Few.of(
                    topic.partitions(), one -> one.partitionIndex()
                            + (one.replicas() == null ? " cancel" : " to " + one.replicas())));
            case UnregisterBrokerRequest r -> "broker " + r.brokerId();
            case AddRaftVoterRequest r -> "voter " + r.voterId() + " at "
                    + Few.of(r.listeners(), one -> one.host() + ":" + one.port());
            case RemoveRaftVoterRequest r -> "voter " + r.voterId();
            case DeleteGroupsRequest r -> Few.of(r.groupsNames(), name -> name);
            case OffsetDeleteRequest r -> r.groupId() + ": " + Few.of(r.topics(), topic -> topic.name() + "/"
                    + Few.of(topic.partitions(), one -> Integer.toString(one.partitionIndex())));
            case AlterShareGroupOffsetsRequest r -> r.groupId() + ": " + Few.of(r.topics(), topic -> topic.topicName()
                    + "/" + Few.of(topic.partitions(), one -> one.partitionIndex() + " to " + one.startOffset()));
            case DeleteShareGroupOffsetsRequest r ->
                r.groupId() + ": " + Few.of(r.topics(), topic -> topic.topicName());
            case WriteTxnMarkersRequest r -> Few.of(r.markers(),
                    marker -> (marker.transactionResult() ? "commit" : "abort") + " of producer " + marker.producerId()
                            + " epoch " + marker.producerEpoch() + " at " + Few.of(marker.topics(),
                                    topic -> partitions(topic.name(), topic.partitionIndexes())));
            default -> "";
        };
    }

    /// Without what is left to the broker.
    private static String topic(CreatableTopic topic) {
        int partitions = topic.assignments().isEmpty() ? topic.numPartitions() : topic.assignments().size();
        return topic.name() + (partitions < 0 ? "" : " partitions=" + partitions)
                + (topic.replicationFactor() < 0 ? "" : " factor=" + topic.replicationFactor())
                + (topic.configs().isEmpty() ? ""
                        : " " + Few.of(topic.configs(), one -> one.name() + "=" + one.value()));
    }

    private static String only(boolean validateOnly) {
        return validateOnly ? ONLY_ASKED : "";
    }

    private static String partitions(String topic, List<Integer> partitions) {
        return topic + "/" + Few.of(partitions, partition -> Integer.toString(partition));
    }

    private static String resource(byte type, String name) {
        String kind = switch (type) {
            case ConfigTarget.TOPIC -> "topic";
            case ConfigTarget.BROKER -> "broker";
            case ConfigTarget.BROKER_LOGGER -> "loggers of broker";
            case ConfigTarget.CLIENT_METRICS -> "client-metrics";
            case ConfigTarget.GROUP -> "group";
            default -> "type " + type;
        };
        return kind + " " + (name.isEmpty() ? "<default>" : name);
    }

    private static String operation(byte operation, @Nullable String value) {
        return switch (operation) {
            case AlterConfigsHandler.DELETE -> " unset";
            case AlterConfigsHandler.APPEND -> "+=" + value;
            case AlterConfigsHandler.SUBTRACT -> "-=" + value;
            default -> "=" + value;
        };
    }
}
