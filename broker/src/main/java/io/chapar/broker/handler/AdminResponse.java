package io.chapar.broker.handler;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.AddRaftVoterResponse;
import io.chapar.protocol.message.AlterClientQuotasResponse;
import io.chapar.protocol.message.AlterConfigsResponse;
import io.chapar.protocol.message.AlterPartitionReassignmentsResponse;
import io.chapar.protocol.message.AlterShareGroupOffsetsResponse;
import io.chapar.protocol.message.CreatePartitionsResponse;
import io.chapar.protocol.message.CreateTopicsResponse;
import io.chapar.protocol.message.DeleteGroupsResponse;
import io.chapar.protocol.message.DeleteRecordsResponse;
import io.chapar.protocol.message.DeleteShareGroupOffsetsResponse;
import io.chapar.protocol.message.DeleteTopicsResponse;
import io.chapar.protocol.message.ElectLeadersResponse;
import io.chapar.protocol.message.IncrementalAlterConfigsResponse;
import io.chapar.protocol.message.OffsetDeleteResponse;
import io.chapar.protocol.message.RemoveRaftVoterResponse;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.UnregisterBrokerResponse;
import io.chapar.protocol.message.UpdateFeaturesResponse;
import io.chapar.protocol.message.WriteTxnMarkersResponse;

import java.util.ArrayList;
import java.util.List;

/// What became of a change: `ok`, or what of it was refused, and with which error.
final class AdminResponse {
    private static final String OF_ALL = "";

    /// Of the refusals; the others are counted.
    private static final int MOST = 8;

    private final List<String> refused = new ArrayList<>();
    private int refusals;
    private int done;

    private AdminResponse() {}

    static String text(Response response) {
        AdminResponse result = new AdminResponse();
        result.read(response);
        return result.text();
    }

    private void one(String name, short error) {
        if (error == ErrorCode.NONE.code()) {
            done++;
            return;
        }
        refusals++;
        if (refused.size() < MOST) {
            refused.add((name.isEmpty() ? "" : name + " ") + ErrorCode.of(error));
        }
    }

    private void read(Response response) {
        switch (response) {
            case CreateTopicsResponse r -> r.topics().forEach(each -> one(each.name(), each.errorCode()));
            case DeleteTopicsResponse r -> r.responses().forEach(
                    each -> one(each.name() == null ? OF_ALL : each.name(), each.errorCode()));
            case DeleteRecordsResponse r -> r.topics().forEach(topic -> topic.partitions().forEach(
                    each -> one(topic.name() + "/" + each.partitionIndex(), each.errorCode())));
            case CreatePartitionsResponse r -> r.results().forEach(each -> one(each.name(), each.errorCode()));
            case AlterConfigsResponse r -> r.responses().forEach(each -> one(each.resourceName(), each.errorCode()));
            case IncrementalAlterConfigsResponse r ->
                r.responses().forEach(each -> one(each.resourceName(), each.errorCode()));
            case AlterClientQuotasResponse r -> r.entries().forEach(each -> one(OF_ALL, each.errorCode()));
            case UpdateFeaturesResponse r -> {
                r.results().forEach(each -> one(each.feature(), each.errorCode()));
                ofAll(r.errorCode(), r.results().isEmpty());
            }
            case ElectLeadersResponse r -> {
                r.replicaElectionResults().forEach(topic -> topic.partitionResult().forEach(
                        each -> one(topic.topic() + "/" + each.partitionId(), each.errorCode())));
                ofAll(r.errorCode(), r.replicaElectionResults().isEmpty());
            }
            case AlterPartitionReassignmentsResponse r -> {
                r.responses().forEach(topic -> topic.partitions().forEach(
                        each -> one(topic.name() + "/" + each.partitionIndex(), each.errorCode())));
                ofAll(r.errorCode(), r.responses().isEmpty());
            }
            case UnregisterBrokerResponse r -> one(OF_ALL, r.errorCode());
            case AddRaftVoterResponse r -> one(OF_ALL, r.errorCode());
            case RemoveRaftVoterResponse r -> one(OF_ALL, r.errorCode());
            case DeleteGroupsResponse r -> r.results().forEach(each -> one(each.groupId(), each.errorCode()));
            case OffsetDeleteResponse r -> {
                r.topics().forEach(topic -> topic.partitions().forEach(
                        each -> one(topic.name() + "/" + each.partitionIndex(), each.errorCode())));
                ofAll(r.errorCode(), r.topics().isEmpty());
            }
            case AlterShareGroupOffsetsResponse r -> {
                r.responses().forEach(topic -> topic.partitions().forEach(
                        each -> one(topic.topicName() + "/" + each.partitionIndex(), each.errorCode())));
                ofAll(r.errorCode(), r.responses().isEmpty());
            }
            case DeleteShareGroupOffsetsResponse r -> {
                r.responses().forEach(each -> one(each.topicName(), each.errorCode()));
                ofAll(r.errorCode(), r.responses().isEmpty());
            }
            case WriteTxnMarkersResponse r -> r.markers().forEach(marker -> marker.topics().forEach(
                    topic -> topic.partitions().forEach(
                            each -> one(topic.name() + "/" + each.partitionIndex(), each.errorCode()))));
            default -> done++;
        }
    }

    /// What is said of the whole counts where it is a refusal, or where nothing else is said.
    private void ofAll(short error, boolean isAlone) {
        if (isAlone || error != ErrorCode.NONE.code()) {
            one(OF_ALL, error);
        }
    }

    private String text() {
        if (refusals == 0) {
            return "ok";
        }
        String first = Few.of(refused, each -> each);
        int more = refusals - refused.size();
        return (done == 0 ? "refused: " : done + " ok, refused: ") + first
                + (more == 0 ? "" : " and " + more + " more");
    }
}
