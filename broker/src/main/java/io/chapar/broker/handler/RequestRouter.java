package io.chapar.broker.handler;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.coordinator.MarkerTransport;
import io.chapar.broker.coordinator.TransactionEntry;
import io.chapar.broker.coordinator.TxnCoordinators;
import io.chapar.broker.fetch.FetchSessions;
import io.chapar.broker.group.GroupCoordinators;
import io.chapar.broker.net.RequestHost;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.quota.ClientQuotas;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.share.ShareRequests;
import io.chapar.broker.share.state.ShareStates;
import io.chapar.protocol.message.AddOffsetsToTxnRequest;
import io.chapar.protocol.message.AddPartitionsToTxnRequest;
import io.chapar.protocol.message.AddRaftVoterRequest;
import io.chapar.protocol.message.AllocateProducerIdsRequest;
import io.chapar.protocol.message.AlterClientQuotasRequest;
import io.chapar.protocol.message.AlterConfigsRequest;
import io.chapar.protocol.message.AlterPartitionReassignmentsRequest;
import io.chapar.protocol.message.AlterPartitionRequest;
import io.chapar.protocol.message.AlterReplicaLogDirsRequest;
import io.chapar.protocol.message.AlterShareGroupOffsetsRequest;
import io.chapar.protocol.message.AlterUserScramCredentialsRequest;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.ApiVersionsResponse;
import io.chapar.protocol.message.AssignReplicasToDirsRequest;
import io.chapar.protocol.message.BeginQuorumEpochRequest;
import io.chapar.protocol.message.BrokerHeartbeatRequest;
import io.chapar.protocol.message.BrokerRegistrationRequest;
import io.chapar.protocol.message.ConsumerGroupDescribeRequest;
import io.chapar.protocol.message.ConsumerGroupHeartbeatRequest;
import io.chapar.protocol.message.ControllerRegistrationRequest;
import io.chapar.protocol.message.CreateAclsRequest;
import io.chapar.protocol.message.CreateDelegationTokenRequest;
import io.chapar.protocol.message.CreatePartitionsRequest;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.DeleteAclsRequest;
import io.chapar.protocol.message.DeleteGroupsRequest;
import io.chapar.protocol.message.DeleteRecordsRequest;
import io.chapar.protocol.message.DeleteShareGroupOffsetsRequest;
import io.chapar.protocol.message.DeleteShareGroupStateRequest;
import io.chapar.protocol.message.DeleteTopicsRequest;
import io.chapar.protocol.message.DescribeAclsRequest;
import io.chapar.protocol.message.DescribeClientQuotasRequest;
import io.chapar.protocol.message.DescribeClusterRequest;
import io.chapar.protocol.message.DescribeConfigsRequest;
import io.chapar.protocol.message.DescribeDelegationTokenRequest;
import io.chapar.protocol.message.DescribeGroupsRequest;
import io.chapar.protocol.message.DescribeLogDirsRequest;
import io.chapar.protocol.message.DescribeProducersRequest;
import io.chapar.protocol.message.DescribeQuorumRequest;
import io.chapar.protocol.message.DescribeShareGroupOffsetsRequest;
import io.chapar.protocol.message.DescribeTopicPartitionsRequest;
import io.chapar.protocol.message.DescribeTransactionsRequest;
import io.chapar.protocol.message.DescribeUserScramCredentialsRequest;
import io.chapar.protocol.message.ElectLeadersRequest;
import io.chapar.protocol.message.EndQuorumEpochRequest;
import io.chapar.protocol.message.EndTxnRequest;
import io.chapar.protocol.message.EnvelopeRequest;
import io.chapar.protocol.message.ExpireDelegationTokenRequest;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchSnapshotRequest;
import io.chapar.protocol.message.FindCoordinatorRequest;
import io.chapar.protocol.message.GetTelemetrySubscriptionsRequest;
import io.chapar.protocol.message.HeartbeatRequest;
import io.chapar.protocol.message.IncrementalAlterConfigsRequest;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitializeShareGroupStateRequest;
import io.chapar.protocol.message.JoinGroupRequest;
import io.chapar.protocol.message.LeaveGroupRequest;
import io.chapar.protocol.message.ListConfigResourcesRequest;
import io.chapar.protocol.message.ListGroupsRequest;
import io.chapar.protocol.message.ListOffsetsRequest;
import io.chapar.protocol.message.ListPartitionReassignmentsRequest;
import io.chapar.protocol.message.ListTransactionsRequest;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.OffsetCommitRequest;
import io.chapar.protocol.message.OffsetDeleteRequest;
import io.chapar.protocol.message.OffsetFetchRequest;
import io.chapar.protocol.message.OffsetForLeaderEpochRequest;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.PushTelemetryRequest;
import io.chapar.protocol.message.ReadShareGroupStateRequest;
import io.chapar.protocol.message.ReadShareGroupStateSummaryRequest;
import io.chapar.protocol.message.RemoveRaftVoterRequest;
import io.chapar.protocol.message.RenewDelegationTokenRequest;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.SaslAuthenticateRequest;
import io.chapar.protocol.message.SaslHandshakeRequest;
import io.chapar.protocol.message.ShareAcknowledgeRequest;
import io.chapar.protocol.message.ShareFetchRequest;
import io.chapar.protocol.message.ShareGroupDescribeRequest;
import io.chapar.protocol.message.ShareGroupHeartbeatRequest;
import io.chapar.protocol.message.StreamsGroupDescribeRequest;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest;
import io.chapar.protocol.message.StreamsGroupTopologyDescriptionUpdateRequest;
import io.chapar.protocol.message.SyncGroupRequest;
import io.chapar.protocol.message.TxnOffsetCommitRequest;
import io.chapar.protocol.message.UnregisterBrokerRequest;
import io.chapar.protocol.message.UnregisterControllerRequest;
import io.chapar.protocol.message.UpdateFeaturesRequest;
import io.chapar.protocol.message.UpdateRaftVoterRequest;
import io.chapar.protocol.message.VoteRequest;
import io.chapar.protocol.message.WriteShareGroupStateRequest;
import io.chapar.protocol.message.WriteTxnMarkersRequest;

import java.util.Map;
import java.util.random.RandomGenerator;

/// Every request of the wire in the order of its key, and who answers it. What is not served is neither advertised
/// nor let in by [#serves].
public final class RequestRouter implements RequestHost {
    private final ProduceHandler produce;
    private final FetchHandler fetch;
    private final ListOffsetsHandler listOffsets;
    private final MetadataHandler metadata;
    private final FindCoordinatorHandler findCoordinator;
    private final ApiVersionsHandler apiVersions;
    private final CreateTopicsHandler createTopics;
    private final DeleteTopicsHandler deleteTopics;
    private final DeleteRecordsHandler deleteRecords;
    private final OffsetForLeaderEpochHandler offsetForLeaderEpoch;
    private final DescribeConfigsHandler describeConfigs;
    private final AlterConfigsHandler alterConfigs;
    private final CreatePartitionsHandler createPartitions;
    private final ElectLeadersHandler electLeaders;
    private final AlterPartitionReassignmentsHandler alterReassignments;
    private final ListPartitionReassignmentsHandler listReassignments;
    private final UnregisterBrokerHandler unregisterBroker;
    private final DescribeLogDirsHandler describeLogDirs;
    private final DescribeClusterHandler describeCluster;
    private final DescribeQuorumHandler describeQuorum;
    private final RaftVoterHandler raftVoter;
    private final DescribeProducersHandler describeProducers;
    private final InitProducerIdHandler initProducerId;
    private final AddPartitionsToTxnHandler addPartitionsToTxn;
    private final AddOffsetsToTxnHandler addOffsetsToTxn;
    private final EndTxnHandler endTxn;
    private final WriteTxnMarkersHandler writeTxnMarkers;
    private final DescribeTransactionsHandler describeTransactions;
    private final ListTransactionsHandler listTransactions;
    private final OffsetCommitHandler offsetCommit;
    private final OffsetFetchHandler offsetFetch;
    private final JoinGroupHandler joinGroup;
    private final HeartbeatHandler heartbeat;
    private final LeaveGroupHandler leaveGroup;
    private final SyncGroupHandler syncGroup;
    private final DescribeGroupsHandler describeGroups;
    private final ListGroupsHandler listGroups;
    private final DeleteGroupsHandler deleteGroups;
    private final ConsumerGroupHeartbeatHandler consumerHeartbeat;
    private final ConsumerGroupDescribeHandler consumerDescribe;
    private final StreamsGroupHeartbeatHandler streamsHeartbeat;
    private final StreamsGroupDescribeHandler streamsDescribe;
    private final ShareGroupHandlers shareGroups;
    private final ShareFetchHandler shareFetch;
    private final ShareAcknowledgeHandler shareAcknowledge;
    private final ShareStateHandler shareState;
    private final ShareRequests shares;
    private final OffsetDeleteHandler offsetDelete;
    private final TxnOffsetCommitHandler txnOffsetCommit;
    private final UpdateFeaturesHandler updateFeatures;
    private final ListConfigResourcesHandler listConfigResources;
    private final DescribeTopicPartitionsHandler describeTopicPartitions;
    private final TelemetryHandler telemetry;
    private final ClientQuotasHandler clientQuotas;
    private final ClientQuotas quotas;
    private final BrokerConfig config;

    /// What is done for share groups.
    ///
    /// @param states wherever they are kept
    /// @param kept those that are kept here
    public record Shares(ShareRequests requests, ShareStates states, ShareStates kept) {}

    /// @param transactions the coordinators that are here
    /// @param entry by which records enter transactions, wherever their coordinators are
    /// @param markers to partitions that are here
    public RequestRouter(
            LocalBroker node,
            Peers peers,
            TxnCoordinators transactions,
            TransactionEntry entry,
            GroupCoordinators groups,
            MarkerTransport markers,
            Map<Loop, FetchSessions> sessions,
            Shares shares,
            RandomGenerator random) {
        TopicCreation creation = new TopicCreation(node);
        config = node.config();
        produce = new ProduceHandler(node, entry);
        fetch = new FetchHandler(node, sessions);
        listOffsets = new ListOffsetsHandler(node);
        metadata = new MetadataHandler(node, creation);
        findCoordinator = new FindCoordinatorHandler(node, creation);
        apiVersions = new ApiVersionsHandler(node);
        createTopics = new CreateTopicsHandler(node);
        deleteTopics = new DeleteTopicsHandler(node);
        deleteRecords = new DeleteRecordsHandler(node);
        offsetForLeaderEpoch = new OffsetForLeaderEpochHandler(node);
        describeConfigs = new DescribeConfigsHandler(node);
        alterConfigs = new AlterConfigsHandler(node);
        createPartitions = new CreatePartitionsHandler(node);
        electLeaders = new ElectLeadersHandler(node);
        alterReassignments = new AlterPartitionReassignmentsHandler(node);
        listReassignments = new ListPartitionReassignmentsHandler(node);
        unregisterBroker = new UnregisterBrokerHandler(node);
        describeLogDirs = new DescribeLogDirsHandler(node);
        describeCluster = new DescribeClusterHandler(node);
        describeQuorum = new DescribeQuorumHandler(node, peers);
        raftVoter = new RaftVoterHandler(node, peers);
        describeProducers = new DescribeProducersHandler(node);
        initProducerId = new InitProducerIdHandler(transactions);
        addPartitionsToTxn = new AddPartitionsToTxnHandler(node, transactions);
        addOffsetsToTxn = new AddOffsetsToTxnHandler(node, creation, transactions);
        endTxn = new EndTxnHandler(transactions);
        writeTxnMarkers = new WriteTxnMarkersHandler(node, markers);
        describeTransactions = new DescribeTransactionsHandler(transactions);
        listTransactions = new ListTransactionsHandler(transactions);
        offsetCommit = new OffsetCommitHandler(node, groups);
        offsetFetch = new OffsetFetchHandler(node::image, groups);
        joinGroup = new JoinGroupHandler(groups, node.config().count("group.member.max.bytes"));
        heartbeat = new HeartbeatHandler(groups);
        leaveGroup = new LeaveGroupHandler(groups);
        syncGroup = new SyncGroupHandler(groups);
        describeGroups = new DescribeGroupsHandler(groups);
        listGroups = new ListGroupsHandler(groups);
        deleteGroups = new DeleteGroupsHandler(groups);
        consumerHeartbeat = new ConsumerGroupHeartbeatHandler(node, groups,
                node.config().count("group.member.max.bytes"), node.config().count("group.max.bytes"));
        consumerDescribe = new ConsumerGroupDescribeHandler(node, groups);
        streamsHeartbeat = new StreamsGroupHeartbeatHandler(node, groups, creation,
                node.config().count("group.member.max.bytes"), node.config().count("group.max.bytes"));
        streamsDescribe = new StreamsGroupDescribeHandler(groups);
        this.shares = shares.requests();
        shareGroups = new ShareGroupHandlers(node, creation, groups, shares.states(), peers);
        shareFetch = new ShareFetchHandler(node, shares.requests());
        shareAcknowledge = new ShareAcknowledgeHandler(node, shares.requests());
        shareState = new ShareStateHandler(shares.kept());
        offsetDelete = new OffsetDeleteHandler(node, groups);
        txnOffsetCommit = new TxnOffsetCommitHandler(node, groups);
        updateFeatures = new UpdateFeaturesHandler(node);
        listConfigResources = new ListConfigResourcesHandler(node);
        describeTopicPartitions = new DescribeTopicPartitionsHandler(node);
        telemetry = new TelemetryHandler(node, random);
        clientQuotas = new ClientQuotasHandler(node);
        quotas = new ClientQuotas(() -> node.image().settings(),
                (config.number("quota.window.num") - 1) * config.number("quota.window.size.seconds"));
    }

    @Override
    public boolean serves(ApiKey api, short version) {
        return ServedApis.serves(api, version, config);
    }

    @Override
    public ApiVersionsResponse unsupportedVersion() {
        return ApiVersionsHandler.unsupported();
    }

    @Override
    public void disconnected(Object connection, Loop loop) {
        shares.disconnected(connection, loop);
    }

    @Override
    public void begin(Request request, RequestContext context) {
        switch (request) {
            case ProduceRequest r -> produce.handle(r, QuotaContext.ofProduce(context, quotas));
            case FetchRequest r -> fetch.handle(
                    QuotaContext.bounded(r, context, quotas), QuotaContext.ofFetch(context, quotas));
            case ListOffsetsRequest r -> listOffsets.handle(r, context);
            case MetadataRequest r -> metadata.handle(r, context);
            case FindCoordinatorRequest r -> findCoordinator.handle(r, context);
            case ApiVersionsRequest r -> apiVersions.handle(r, context);
            case CreateTopicsRequest r -> createTopics.handle(r, AdminLog.of(r, context));
            case DeleteTopicsRequest r -> deleteTopics.handle(r, AdminLog.of(r, context));
            case DeleteRecordsRequest r -> deleteRecords.handle(r, AdminLog.of(r, context));
            case OffsetForLeaderEpochRequest r -> offsetForLeaderEpoch.handle(r, context);
            case DescribeConfigsRequest r -> describeConfigs.handle(r, context);
            case AlterConfigsRequest r -> alterConfigs.handle(r, AdminLog.of(r, context));
            case CreatePartitionsRequest r -> createPartitions.handle(r, AdminLog.of(r, context));
            case ElectLeadersRequest r -> electLeaders.handle(r, AdminLog.of(r, context));
            case AlterPartitionReassignmentsRequest r -> alterReassignments.handle(r, AdminLog.of(r, context));
            case ListPartitionReassignmentsRequest r -> listReassignments.handle(r, context);
            case UnregisterBrokerRequest r -> unregisterBroker.handle(r, AdminLog.of(r, context));
            case DescribeLogDirsRequest r -> describeLogDirs.handle(r, context);
            case IncrementalAlterConfigsRequest r -> alterConfigs.handle(r, AdminLog.of(r, context));
            case DescribeClusterRequest r -> describeCluster.handle(r, context);
            case DescribeQuorumRequest r -> describeQuorum.handle(r, context);
            case AddRaftVoterRequest r -> raftVoter.add(r, AdminLog.of(r, context));
            case RemoveRaftVoterRequest r -> raftVoter.remove(r, AdminLog.of(r, context));
            case InitProducerIdRequest r -> initProducerId.handle(r, context);
            case AddPartitionsToTxnRequest r -> addPartitionsToTxn.handle(r, context);
            case AddOffsetsToTxnRequest r -> addOffsetsToTxn.handle(r, context);
            case EndTxnRequest r -> endTxn.handle(r, context);
            case WriteTxnMarkersRequest r -> writeTxnMarkers.handle(r, AdminLog.of(r, context));
            case DescribeTransactionsRequest r -> describeTransactions.handle(r, context);
            case ListTransactionsRequest r -> listTransactions.handle(r, context);
            case DescribeProducersRequest r -> describeProducers.handle(r, context);
            case OffsetCommitRequest r -> offsetCommit.handle(r, context);
            case OffsetFetchRequest r -> offsetFetch.handle(r, context);
            case JoinGroupRequest r -> joinGroup.handle(r, context);
            case HeartbeatRequest r -> heartbeat.handle(r, context);
            case LeaveGroupRequest r -> leaveGroup.handle(r, context);
            case SyncGroupRequest r -> syncGroup.handle(r, context);
            case DescribeGroupsRequest r -> describeGroups.handle(r, context);
            case ListGroupsRequest r -> listGroups.handle(r, context);
            case DeleteGroupsRequest r -> deleteGroups.handle(r, AdminLog.of(r, context));
            case ConsumerGroupHeartbeatRequest r -> consumerHeartbeat.handle(r, context);
            case ConsumerGroupDescribeRequest r -> consumerDescribe.handle(r, context);
            case StreamsGroupHeartbeatRequest r -> streamsHeartbeat.handle(r, context);
            case StreamsGroupDescribeRequest r -> streamsDescribe.handle(r, context);
            case StreamsGroupTopologyDescriptionUpdateRequest r -> streamsDescribe.handle(r, context);
            case ShareGroupHeartbeatRequest r -> shareGroups.heartbeat().handle(r, context);
            case ShareGroupDescribeRequest r -> shareGroups.describe().handle(r, context);
            case ShareFetchRequest r -> shareFetch.handle(r, context);
            case ShareAcknowledgeRequest r -> shareAcknowledge.handle(r, context);
            case DescribeShareGroupOffsetsRequest r -> shareGroups.describeOffsets().handle(r, context);
            case AlterShareGroupOffsetsRequest r -> shareGroups.alterOffsets().handle(r, AdminLog.of(r, context));
            case DeleteShareGroupOffsetsRequest r -> shareGroups.deleteOffsets().handle(r, AdminLog.of(r, context));
            case InitializeShareGroupStateRequest r -> shareState.handle(r, context);
            case ReadShareGroupStateRequest r -> shareState.handle(r, context);
            case WriteShareGroupStateRequest r -> shareState.handle(r, context);
            case DeleteShareGroupStateRequest r -> shareState.handle(r, context);
            case ReadShareGroupStateSummaryRequest r -> shareState.handle(r, context);
            case OffsetDeleteRequest r -> offsetDelete.handle(r, AdminLog.of(r, context));
            case TxnOffsetCommitRequest r -> txnOffsetCommit.handle(r, context);
            case GetTelemetrySubscriptionsRequest r -> telemetry.handle(r, context);
            case PushTelemetryRequest r -> telemetry.handle(r, context);
            case UpdateFeaturesRequest r -> updateFeatures.handle(r, AdminLog.of(r, context));
            case ListConfigResourcesRequest r -> listConfigResources.handle(r, context);
            case DescribeTopicPartitionsRequest r -> describeTopicPartitions.handle(r, context);
            case DescribeClientQuotasRequest r -> clientQuotas.handle(r, context);
            case DescribeUserScramCredentialsRequest r -> UserScramCredentialsHandler.handle(r, context);
            case AlterClientQuotasRequest r -> clientQuotas.handle(r, AdminLog.of(r, context));
            case SaslHandshakeRequest _,
                    DescribeAclsRequest _, CreateAclsRequest _, DeleteAclsRequest _, AlterReplicaLogDirsRequest _,
                    SaslAuthenticateRequest _, CreateDelegationTokenRequest _,
                    RenewDelegationTokenRequest _, ExpireDelegationTokenRequest _, DescribeDelegationTokenRequest _,
                    AlterUserScramCredentialsRequest _, VoteRequest _, BeginQuorumEpochRequest _,
                    EndQuorumEpochRequest _, AlterPartitionRequest _,
                    EnvelopeRequest _, FetchSnapshotRequest _, BrokerRegistrationRequest _,
                    BrokerHeartbeatRequest _, AllocateProducerIdsRequest _, ControllerRegistrationRequest _,
                    AssignReplicasToDirsRequest _,
                    UpdateRaftVoterRequest _,
                    UnregisterControllerRequest _ ->
                context.close(ApiKey.of(request) + " is not served");
        }
    }
}
