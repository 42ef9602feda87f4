package io.chapar.client.admin;

import io.chapar.client.ClientConfig;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.ClientRuntime;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.UUID;

import static java.util.Objects.requireNonNull;

/// Looks after topics, groups and transactions. Thread-safe. Every call blocks until it is answered, at most
/// `default.api.timeout.ms`, and suits virtual threads. A call about several items answers for each of them; what keeps
/// the call as a whole from being answered is thrown as a [io.chapar.client.ChaparException].
public final class Admin implements AutoCloseable {
    private final AdminCalls calls;
    private final TopicOps topics;
    private final GroupOps groups;
    private final GroupDescribeOps described;
    private final TxnOps transactions;
    private final ConfigOps configs;
    private final QuorumOps quorum;
    private final FeatureOps features;
    private final SizeOps sizes;
    private final ReassignmentOps reassignments;

    private Admin(ClientConfig config, ClientRuntime runtime) {
        calls = new AdminCalls(config, runtime);
        topics = new TopicOps(calls);
        groups = new GroupOps(calls);
        described = new GroupDescribeOps(calls);
        transactions = new TxnOps(calls);
        configs = new ConfigOps(calls);
        quorum = new QuorumOps(calls);
        features = new FeatureOps(calls);
        sizes = new SizeOps(calls);
        reassignments = new ReassignmentOps(calls);
    }

    /// `bootstrapServers`: `host:port[,host:port...]`.
    public static Admin open(String bootstrapServers) {
        return open(ClientConfig.of(bootstrapServers, "chapar-admin"));
    }

    public static Admin open(ClientConfig config) {
        return open(config, ClientRuntime.open(config.connections(), "chapar-admin"));
    }

    /// Runs on the given loop and transport, which close with the client: for simulations and tests.
    public static Admin open(ClientConfig config, ClientRuntime runtime) {
        return new Admin(config, runtime);
    }

    public ClusterDescription describeCluster() {
        return topics.describeCluster();
    }

    /// Refused while nobody leads it.
    public AdminResult<QuorumDescription> describeQuorum() {
        return quorum.describe();
    }

    /// Lets a broker vote that runs with a list which names it, where the present voters' lists do not.
    ///
    /// @param host where the quorum's library of the others reaches it
    public AdminResult<AdminResult.Success> addVoter(int node, String host, int port) {
        return quorum.addVoter(node, host, port);
    }

    /// Takes a voter out of the quorum. One that was answered is out; else it may yet come about.
    ///
    /// @param folder by which the quorum knows it
    public AdminResult<AdminResult.Success> removeVoter(int node, UUID folder) {
        return quorum.removeVoter(node, folder);
    }

    public List<TopicView> listTopics() {
        return topics.list();
    }

    public Map<String, AdminResult<TopicView>> describeTopics(Collection<String> names) {
        return topics.describe(names);
    }

    public Map<String, AdminResult<CreatedTopic>> createTopics(Collection<NewTopic> wanted) {
        return topics.create(wanted);
    }

    public Map<String, AdminResult<AdminResult.Success>> deleteTopics(Collection<String> names) {
        return topics.delete(names);
    }

    /// Every setting that is in force for the topic.
    public AdminResult<List<ConfigEntry>> describeTopicConfig(String topic) {
        return configs.ofTopic(topic);
    }

    /// The value of one setting that is in force for each topic, by topic. Topics that have none, or are not there, are
    /// left out.
    public Map<String, String> topicSetting(Collection<String> topics, String setting) {
        return configs.ofTopics(topics, setting);
    }

    /// Every setting that is in force at the broker.
    public AdminResult<List<ConfigEntry>> describeBrokerConfig(int brokerId) {
        return configs.ofBroker(brokerId);
    }

    /// Settings that are set for all brokers while they run.
    public AdminResult<List<ConfigEntry>> describeBrokersConfig() {
        return configs.ofAllBrokers();
    }

    /// As [#changeTopicConfig], for what a broker, or all of them, are given while they run.
    ///
    /// @param broker null for all of them
    public AdminResult<AdminResult.Success> changeBrokerConfig(
            @Nullable Integer broker, Map<String, String> set, Collection<String> unset) {
        return configs.changeBroker(broker, set, unset);
    }

    /// How much each logger of the broker says, the root first. Against Kafka too.
    public AdminResult<List<LoggerLevel>> describeLoggers(int brokerId) {
        return configs.loggers(brokerId);
    }

    /// Gives loggers of the broker other levels until it ends, and takes those others back that they were given; all or
    /// none. A level is one of TRACE, DEBUG, INFO, WARN, ERROR and FATAL; at Chapar also OFF.
    public AdminResult<AdminResult.Success> changeLoggers(
            int brokerId, Map<String, String> set, Collection<String> unset) {
        return configs.changeLoggers(brokerId, set, unset);
    }

    /// Raises the number of the topic's partitions to this many.
    public AdminResult<AdminResult.Success> addPartitions(String topic, int total) {
        return topics.addPartitions(topic, total);
    }

    /// Gives the topic these settings and takes those others from it, all or none.
    public AdminResult<AdminResult.Success> changeTopicConfig(
            String topic, Map<String, String> set, Collection<String> unset) {
        return configs.change(topic, set, unset);
    }

    /// Moves partitions to these replicas, the preferred leader first; null cancels what is under way. Done when it is
    /// decided: it takes as long as the new replicas take to catch up.
    public Map<TopicPartition, AdminResult<AdminResult.Success>> reassign(
            Map<TopicPartition, @Nullable List<Integer>> wanted) {
        return reassignments.alter(wanted);
    }

    /// All that are under way, or wait.
    public List<OngoingReassignment> listReassignments() {
        return reassignments.list();
    }

    /// Lets the first replica of each lead, where it is in sync.
    public Map<TopicPartition, AdminResult<AdminResult.Success>> electPreferred(
            Collection<TopicPartition> partitions) {
        return reassignments.electPreferred(partitions);
    }

    /// Forgets a broker that is gone for good, has no replicas and is not in session.
    public AdminResult<AdminResult.Success> unregisterBroker(int broker) {
        return reassignments.unregister(broker);
    }

    /// What that very broker can do, and knows of the cluster's levels.
    public AdminResult<BrokerFeatures> features(Node broker) {
        return features.of(broker);
    }

    /// Raises the levels of features, all or none; refused while a broker cannot do one of them.
    public AdminResult<AdminResult.Success> raiseFeatures(SortedMap<String, Integer> to) {
        return features.raise(to);
    }

    /// `committedOnly`: the end is where a reader of committed records stops for now.
    public Map<TopicPartition, AdminResult<ListedOffset>> listOffsets(Map<TopicPartition, OffsetSpec> wanted,
            boolean committedOnly) {
        return topics.listOffsets(wanted, committedOnly);
    }

    /// For each partition a leader epoch (KIP-320): where that ends in the leader's log.
    public Map<TopicPartition, AdminResult<LeaderEpochEnd>> epochEnds(Map<TopicPartition, Integer> epochs) {
        return topics.epochEnds(epochs);
    }

    /// Where the logs of this very broker end, which need not lead the partitions, committed or not.
    ///
    /// @param limitMs after which the call fails
    public Map<TopicPartition, AdminResult<Long>> logEnds(Node broker, Collection<TopicPartition> wanted,
            int limitMs) {
        return topics.logEnds(broker, wanted, limitMs);
    }

    /// Those of the partitions that are offline at this very broker, which need not lead them, and why, as far as it
    /// says so.
    ///
    /// @param limitMs after which the call fails
    public Map<TopicPartition, String> offlineAt(Node broker, Collection<TopicPartition> wanted, int limitMs) {
        return topics.offlineAt(broker, wanted, limitMs);
    }

    /// Forgets every record below the offset given for its partition. The answer is where the partition begins then.
    public Map<TopicPartition, AdminResult<Long>> deleteRecords(Map<TopicPartition, Long> before) {
        return topics.deleteRecords(before);
    }

    public Map<TopicPartition, AdminResult<List<ProducerState>>> describeProducers(
            Collection<TopicPartition> partitions) {
        return topics.describeProducers(partitions);
    }

    /// What these partitions have open, by partition and first offset, and what coordinators say of it; of those
    /// partitions that can be asked.
    public List<OpenTransaction> openTransactions(Collection<TopicPartition> partitions) {
        return OpenTransaction.at(this, partitions);
    }

    /// Whole batches as they stand in the log, from the one that has this offset on: markers and aborted records, too.
    ///
    /// @param maxBytes more than that only where the first batch alone is larger
    /// @param committedOnly nothing from the first open transaction on, and with it which are aborted
    public AdminResult<LogSlice> readLog(TopicPartition partition, long offset, int maxBytes, boolean committedOnly) {
        return topics.readLog(partition, offset, maxBytes, committedOnly);
    }

    /// What the replicas of these topics take on disks.
    public List<ReplicaSize> replicaSizes(Collection<TopicView> topics) {
        return sizes.of(topics);
    }

    /// What this very broker's replicas take on its disk; without those that it does not have.
    ///
    /// @param limitMs after which the call fails
    public List<ReplicaSize> replicaSizes(Node broker, Collection<TopicPartition> partitions, int limitMs) {
        return sizes.of(broker, partitions, limitMs);
    }

    /// The folders in which this very broker keeps logs, and what is left of their disks.
    ///
    /// @param limitMs after which the call fails
    public List<LogFolder> logFolders(Node broker, int limitMs) {
        return sizes.folders(broker, limitMs);
    }

    public List<GroupListing> listGroups() {
        return groups.list();
    }

    /// Groups of every kind.
    public Map<String, AdminResult<GroupDescription>> describeGroups(Collection<String> groupIds) {
        return described.describe(groupIds);
    }

    /// How far a share group is, in every partition of which it has a state.
    public AdminResult<SortedMap<TopicPartition, AdminResult<ShareOffset>>> shareOffsets(String groupId) {
        return groups.shareOffsets(groupId);
    }

    /// Every offset that the group has committed; empty for a group that never did.
    public Map<TopicPartition, OffsetAndMetadata> committedOffsets(String groupId) {
        return groups.committedOffsets(groupId);
    }

    /// Commits these offsets in the group's name. Refused while the group has members.
    public Map<TopicPartition, AdminResult<AdminResult.Success>> setCommittedOffsets(
            String groupId, Map<TopicPartition, OffsetAndMetadata> offsets) {
        return groups.setCommittedOffsets(groupId, offsets);
    }

    /// The group with its offsets. Refused while it has members.
    public AdminResult<AdminResult.Success> deleteGroup(String groupId) {
        return groups.delete(groupId);
    }

    public List<TransactionListing> listTransactions() {
        return transactions.list(TransactionFilter.ALL);
    }

    public List<TransactionListing> listTransactions(TransactionFilter filter) {
        return transactions.list(filter);
    }

    TxnOps.Listed listAllTransactions(TransactionFilter filter) {
        return transactions.listAll(filter);
    }

    /// The longest `transaction.max.timeout.ms` of the brokers in session.
    public long longestTransactionMs() {
        return describeCluster().nodes().stream().mapToLong(node -> configs.ofBroker(node.id()).get().stream()
                .filter(entry -> entry.name().equals("transaction.max.timeout.ms"))
                .mapToLong(entry -> Long.parseLong(requireNonNull(entry.value(), "a number"))).findFirst()
                .orElse(Integer.MAX_VALUE)).max().orElse(Integer.MAX_VALUE);
    }

    /// Aborts what this id has open and shuts out the producer that holds it: the next instance that initialises the id
    /// goes on.
    public AdminResult<AdminResult.Success> fenceProducer(String transactionalId) {
        return transactions.fence(transactionalId);
    }

    /// Commits a transaction of two-phase commit (KIP-939) that its producer has left. Only for whoever knows that
    /// it was prepared and is to be committed: the broker cannot tell. Whoever held the id is shut out, also where this
    /// is refused since another transaction is open by now than the one that was seen.
    public AdminResult<AdminResult.Success> commitPrepared(TransactionDescription seen) {
        return transactions.commitPrepared(seen);
    }

    /// Writes the end of a transaction, aborted, into one partition, past its coordinator. Only for a transaction that
    /// its coordinator has ended or does not know; any other is torn apart by it.
    public AdminResult<AdminResult.Success> abortAtPartition(TopicPartition partition, ProducerState open) {
        return topics.abortAtPartition(partition, open);
    }

    public Map<String, AdminResult<TransactionDescription>> describeTransactions(
            Collection<String> transactionalIds) {
        return transactions.describe(transactionalIds);
    }

    @Override
    public void close() {
        calls.close();
    }
}
