package io.chapar.cli;

import io.chapar.cli.cluster.PlanCore;
import io.chapar.client.ChaparException;
import io.chapar.client.ClientConfig;
import io.chapar.client.ConfigReader;
import io.chapar.client.FatalException;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.admin.Admin;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.BrokerFeatures;
import io.chapar.client.admin.ClusterDescription;
import io.chapar.client.admin.ConfigEntry;
import io.chapar.client.admin.CreatedTopic;
import io.chapar.client.admin.GroupDescription;
import io.chapar.client.admin.GroupListing;
import io.chapar.client.admin.ListedOffset;
import io.chapar.client.admin.LogFolder;
import io.chapar.client.admin.LoggerLevel;
import io.chapar.client.admin.NewTopic;
import io.chapar.client.admin.OffsetSpec;
import io.chapar.client.admin.OngoingReassignment;
import io.chapar.client.admin.OpenTransaction;
import io.chapar.client.admin.ProducerState;
import io.chapar.client.admin.QuorumDescription;
import io.chapar.client.admin.ReplicaSize;
import io.chapar.client.admin.ShareOffset;
import io.chapar.client.admin.TransactionDescription;
import io.chapar.client.admin.TransactionFilter;
import io.chapar.client.admin.TransactionListing;
import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import static java.util.Objects.requireNonNull;

/// What the commands ask a cluster, one thing at a time; refusals become sentences that name the thing asked for.
final class Cluster implements AutoCloseable {
    private static final int ONE_BROKER_LIMIT_MS = 2_000;

    private final Admin admin;
    private final String address;

    private Cluster(Admin admin, String address) {
        this.admin = admin;
        this.address = address;
    }

    static Cluster connect(String bootstrap) {
        return new Cluster(Admin.open(ClientConfig.of(bootstrap, "chapar-cli")), bootstrap);
    }

    /// For whoever looks at a cluster where not every broker may answer: each is given so long at most.
    static Cluster connect(String bootstrap, int requestTimeoutMs) {
        ClientConfig config = ClientConfig.read(new ConfigReader(Map.of(
                KafkaConfigNames.BOOTSTRAP_SERVERS, bootstrap,
                KafkaConfigNames.REQUEST_TIMEOUT_MS, requestTimeoutMs,
                KafkaConfigNames.SOCKET_CONNECTION_SETUP_TIMEOUT_MS, requestTimeoutMs)), "chapar-cli");
        return new Cluster(Admin.open(config), bootstrap);
    }

    List<TopicView> topics() {
        return admin.listTopics().stream().sorted(Comparator.comparing(TopicView::name)).toList();
    }

    /// As [PlanCore#inTheEnd].
    List<TopicView> topicsInTheEnd() {
        return inTheEnd(this::topics);
    }

    /// As [PlanCore#inTheEnd]. What moves is asked for before and after: what is done with meanwhile may still be seen
    /// with all replicas that it had on its way, which would then be taken for those that it is to keep.
    List<TopicView> inTheEnd(Supplier<List<TopicView>> topics) {
        List<OngoingReassignment> moving = new ArrayList<>(reassignments());
        List<TopicView> seen = topics.get();
        moving.addAll(reassignments());
        return PlanCore.inTheEnd(seen, moving);
    }

    TopicView topic(String name) {
        return value(only(admin.describeTopics(List.of(name)), name), "topic", name);
    }

    /// One that is there, and can be asked.
    void requirePartition(TopicPartition partition) {
        if (topic(partition.topic()).partition(partition.partition()) == null) {
            throw new CommandFailure("Topic '" + partition.topic() + "' has no partition " + partition.partition());
        }
        String why = whyOffline(List.of(partition)).get(partition);
        if (why != null) {
            throw new CommandFailure(why);
        }
    }

    /// For those that their disk took offline, a sentence that says so.
    Map<TopicPartition, String> whyOffline(Collection<TopicPartition> partitions) {
        Map<TopicPartition, String> all = new TreeMap<>();
        admin.describeProducers(partitions).forEach((partition, result) -> {
            if (result instanceof AdminResult.Refused<List<ProducerState>> refused
                    && refused.error() == ErrorCode.KAFKA_STORAGE_ERROR) {
                all.put(partition, offline(partition, "", refused.cause().getMessage()));
            }
        });
        return all;
    }

    /// A sentence for each replica that its disk took offline while another leads: of brokers in session that answer
    /// within a moment.
    List<String> whyFollowersAreOffline(TopicView topic) {
        Map<Integer, List<TopicPartition>> behind = new TreeMap<>();
        topic.partitions().stream().filter(PartitionView::hasLeader).forEach(one -> one.replicas().stream()
                .filter(replica -> !one.inSync().contains(replica))
                .forEach(replica -> behind.computeIfAbsent(replica, _ -> new ArrayList<>())
                        .add(new TopicPartition(topic.name(), one.partition()))));
        List<String> all = new ArrayList<>();
        for (Node broker : behind.isEmpty() ? List.<Node>of() : admin.describeCluster().nodes()) {
            try {
                admin.offlineAt(broker, behind.getOrDefault(broker.id(), List.of()), ONE_BROKER_LIMIT_MS)
                        .forEach((partition, why) -> all.add(offline(partition, " at broker " + broker.id(), why)));
            } catch (ChaparException _) {
                // It does not say that any is offline.
            }
        }
        return all;
    }

    /// @param why as its broker says it; may be empty
    private static String offline(TopicPartition partition, String where, @Nullable String why) {
        String named = partition + " is offline";
        int at = why == null ? -1 : why.indexOf(named);
        return PartitionName.of(partition) + " is offline" + where
                + (why == null || at < 0 ? "; its broker's log says why" : why.substring(at + named.length()));
    }

    CreatedTopic create(NewTopic topic) {
        AdminResult<CreatedTopic> result = only(admin.createTopics(List.of(topic)), topic.name());
        if (result instanceof AdminResult.Refused<CreatedTopic>(ErrorCode error, ChaparException cause)
                && error == ErrorCode.TOPIC_ALREADY_EXISTS && !(cause instanceof UnknownOutcomeException)) {
            throw new CommandFailure("There is a topic '" + topic.name() + "' at " + address + " already");
        }
        return value(result, "topic", topic.name());
    }

    void delete(String name) {
        delete(only(admin.deleteTopics(List.of(name)), name), "topic", name);
    }

    List<ConfigEntry> config(String topic) {
        return value(admin.describeTopicConfig(topic), "topic", topic);
    }

    List<ConfigEntry> config(int broker) {
        return value(admin.describeBrokerConfig(broker), "broker", Integer.toString(broker));
    }

    void change(String topic, Map<String, String> set, Collection<String> unset) {
        value(admin.changeTopicConfig(topic, set, unset), "topic", topic);
    }

    /// What is set for all brokers while they run.
    List<ConfigEntry> brokersConfig() {
        return value(admin.describeBrokersConfig(), "broker", "");
    }

    /// @param broker null for all
    void changeBroker(@Nullable Integer broker, Map<String, String> set, Collection<String> unset) {
        value(admin.changeBrokerConfig(broker, set, unset), "broker", String.valueOf(broker));
    }

    List<LoggerLevel> loggers(int broker) {
        return value(admin.describeLoggers(broker), "broker", Integer.toString(broker));
    }

    void changeLoggers(int broker, Map<String, String> set, Collection<String> unset) {
        value(admin.changeLoggers(broker, set, unset), "broker", Integer.toString(broker));
    }

    void addPartitions(String topic, int total) {
        value(admin.addPartitions(topic, total), "topic", topic);
    }

    /// Of those partitions that could be asked.
    Map<TopicPartition, ListedOffset> offsets(Collection<TopicPartition> partitions, OffsetSpec spec, boolean stable) {
        Map<TopicPartition, OffsetSpec> wanted = new TreeMap<>();
        partitions.forEach(partition -> wanted.put(partition, spec));
        Map<TopicPartition, ListedOffset> offsets = new TreeMap<>();
        admin.listOffsets(wanted, stable).forEach((partition, result) -> {
            if (result instanceof AdminResult.Done<ListedOffset>(ListedOffset offset)) {
                offsets.put(partition, offset);
            }
        });
        return offsets;
    }

    /// `min.insync.replicas` of the topics that tell it.
    Map<String, Integer> minInSync(Collection<String> topics) {
        Map<String, Integer> all = new TreeMap<>();
        admin.topicSetting(topics, "min.insync.replicas").forEach((topic, value) ->
                all.put(topic, Integer.parseInt(value)));
        return all;
    }

    /// Where the broker's logs end; of none where it does not answer within the time.
    Map<TopicPartition, Long> logEnds(Node broker, Collection<TopicPartition> partitions, int limitMs) {
        Map<TopicPartition, Long> ends = new TreeMap<>();
        try {
            admin.logEnds(broker, partitions, limitMs).forEach((partition, result) -> {
                if (result instanceof AdminResult.Done<Long>(Long end)) {
                    ends.put(partition, end);
                }
            });
        } catch (ChaparException noAnswer) {
            return Map.of();
        }
        return ends;
    }

    ClusterDescription describe() {
        return admin.describeCluster();
    }

    QuorumDescription quorum() {
        return value(admin.describeQuorum(), "metadata quorum", "");
    }

    /// Who votes on the metadata; nobody where that is not told.
    Set<Integer> voters() {
        try {
            return admin.describeQuorum() instanceof AdminResult.Done<QuorumDescription>(QuorumDescription quorum)
                    ? quorum.voters().stream().map(QuorumDescription.Replica::node).collect(Collectors.toSet())
                    : Set.of();
        } catch (ChaparException noAnswer) {
            return Set.of();
        }
    }

    /// Fails with the first that is refused.
    void reassign(Map<TopicPartition, List<Integer>> to) {
        admin.reassign(to).forEach((partition, result) ->
                value(result, "partition", partition.topic() + "/" + partition.partition()));
    }

    void addVoter(int node, String host, int port) {
        value(admin.addVoter(node, host, port), "voter", Integer.toString(node));
    }

    void removeVoter(QuorumDescription.Replica voter) {
        value(admin.removeVoter(voter.node(), voter.folder()), "voter", Integer.toString(voter.node()));
    }

    /// What was refused, each with a sentence.
    ///
    /// @param wanted as [Admin#reassign]
    Map<TopicPartition, String> move(Map<TopicPartition, @Nullable List<Integer>> wanted) {
        return refused(admin.reassign(wanted));
    }

    Cancelled cancel(Map<TopicPartition, @Nullable List<Integer>> moves) {
        return Cancelled.of(admin.reassign(moves));
    }

    List<OngoingReassignment> reassignments() {
        return admin.listReassignments().stream().sorted(Comparator.comparing(OngoingReassignment::partition)).toList();
    }

    /// What was refused, each with a sentence.
    Map<TopicPartition, String> electPreferred(Collection<TopicPartition> partitions) {
        return refused(admin.electPreferred(partitions));
    }

    static Map<TopicPartition, String> refused(
            Map<TopicPartition, AdminResult<AdminResult.Success>> results) {
        Map<TopicPartition, String> refused = new TreeMap<>();
        results.forEach((partition, result) -> {
            if (result instanceof AdminResult.Refused<AdminResult.Success>(ErrorCode error, ChaparException cause)) {
                String why = cause.getMessage();
                refused.put(partition, why == null ? error.toString() : why);
            }
        });
        return refused;
    }

    void unregister(int broker) {
        value(admin.unregisterBroker(broker), "broker", Integer.toString(broker));
    }

    BrokerFeatures features(Node broker) {
        return value(admin.features(broker), "broker", Integer.toString(broker.id()));
    }

    void raise(SortedMap<String, Integer> features) {
        value(admin.raiseFeatures(features), "features", String.join(", ", features.keySet()));
    }

    List<ReplicaSize> sizes(Collection<TopicView> topics) {
        return admin.replicaSizes(topics);
    }

    /// What the broker's replicas take on its disk, in bytes; of none where it does not tell within the time.
    Map<TopicPartition, Long> sizes(Node broker, Collection<TopicPartition> partitions, int limitMs) {
        Map<TopicPartition, Long> sizes = new TreeMap<>();
        try {
            admin.replicaSizes(broker, partitions, limitMs).forEach(one -> sizes.put(one.partition(), one.bytes()));
        } catch (ChaparException noAnswer) {
            return Map.of();
        }
        return sizes;
    }

    /// Those of the brokers that are not in session.
    SortedSet<Integer> notInSession(Collection<Integer> brokers) {
        SortedSet<Integer> away = new TreeSet<>(brokers);
        admin.describeCluster().nodes().forEach(node -> away.remove(node.id()));
        return away;
    }

    /// Brokers in session that get replicas.
    List<Node> takers() {
        List<Node> active = admin.describeCluster().nodes();
        Set<Integer> drained = drained(active);
        return active.stream().filter(node -> !drained.contains(node.id())).toList();
    }

    /// Of those, the brokers that say within a moment that they get no new replicas.
    Set<Integer> drained(Collection<Node> brokers) {
        Set<Integer> drained = new TreeSet<>();
        for (Node broker : brokers) {
            try {
                List<LogFolder> folders = admin.logFolders(broker, ONE_BROKER_LIMIT_MS);
                if (!folders.isEmpty() && folders.stream().allMatch(LogFolder::cordoned)) {
                    drained.add(broker.id());
                }
            } catch (ChaparException _) {
                // Nor is one drained that does not answer, as far as anybody knows.
            }
        }
        return drained;
    }

    /// What the broker says of its disks.
    List<LogFolder> folders(Node broker, int limitMs) {
        return admin.logFolders(broker, limitMs);
    }

    List<GroupListing> groups() {
        return admin.listGroups().stream().sorted(Comparator.comparing(GroupListing::groupId)).toList();
    }

    GroupDescription group(String id) {
        return value(only(admin.describeGroups(List.of(id)), id), "group", id);
    }

    /// Those of the partitions that there are.
    SortedSet<TopicPartition> existing(Collection<TopicPartition> partitions) {
        SortedSet<TopicPartition> found = new TreeSet<>();
        List<String> topics = partitions.stream().map(TopicPartition::topic).distinct().toList();
        Map<String, AdminResult<TopicView>> all = admin.describeTopics(topics);
        for (TopicPartition one : partitions) {
            if (all.get(one.topic()) instanceof AdminResult.Done<TopicView>(TopicView topic)
                    && topic.partition(one.partition()) != null) {
                found.add(one);
            }
        }
        return found;
    }

    SortedMap<TopicPartition, AdminResult<ShareOffset>> shareOffsets(String group) {
        return value(admin.shareOffsets(group), "share group", group);
    }

    Map<TopicPartition, OffsetAndMetadata> committed(String group) {
        return admin.committedOffsets(group);
    }

    /// What is committed in the name of a share group would move nothing.
    void requireCommits(String group) {
        if (admin.describeGroups(List.of(group)).get(group)
                instanceof AdminResult.Done<GroupDescription>(GroupDescription.Share _)) {
            throw new CommandFailure("Group '" + group + "' is a share group, which has a start in each partition"
                    + " instead of committed offsets; Kafka's kafka-share-groups.sh --reset-offsets sets it");
        }
    }

    /// Nobody may be told where to go on while others go on.
    void requireNoMembers(String group) {
        int members = admin.describeGroups(List.of(group)).get(group)
                instanceof AdminResult.Done<GroupDescription>(GroupDescription known) ? known.members().size() : 0;
        if (members > 0) {
            throw new CommandFailure("Group '" + group + "' has " + Words.count(members, "member")
                    + "; stop them first ('chapar group describe " + group + "' shows who they are)");
        }
    }

    void commit(String group, Map<TopicPartition, Long> offsets) {
        Map<TopicPartition, OffsetAndMetadata> all = new TreeMap<>();
        offsets.forEach((partition, offset) -> all.put(partition, new OffsetAndMetadata(offset, -1, "")));
        admin.setCommittedOffsets(group, all).forEach((partition, result) ->
                value(result, "partition", partition.toString()));
    }

    void deleteGroup(String id) {
        delete(admin.deleteGroup(id), "group", id);
    }

    List<TransactionListing> transactions(TransactionFilter filter) {
        return admin.listTransactions(filter).stream().sorted(Comparator.comparing(TransactionListing::transactionalId))
                .toList();
    }

    TransactionDescription transaction(String id) {
        return value(only(admin.describeTransactions(List.of(id)), id), "transactional id", id);
    }

    /// Null where there is none of this id any more.
    @Nullable TransactionDescription transactionOrNull(String id) {
        return switch (only(admin.describeTransactions(List.of(id)), id)) {
            case AdminResult.Refused<TransactionDescription> refused
                when refused.error() == ErrorCode.TRANSACTIONAL_ID_NOT_FOUND -> null;
            case AdminResult<TransactionDescription> other -> value(other, "transactional id", id);
        };
    }

    /// As [Admin#openTransactions].
    List<OpenTransaction> openAt(Collection<TopicPartition> partitions) {
        return admin.openTransactions(partitions);
    }

    /// As [Admin#longestTransactionMs].
    long longestTransactionMs() {
        return admin.longestTransactionMs();
    }

    void fence(String id) {
        value(admin.fenceProducer(id), "transactional id", id);
    }

    void commitPrepared(TransactionDescription seen) {
        try {
            value(admin.commitPrepared(seen), "transactional id", seen.transactionalId());
        } catch (FatalException e) {
            throw e.errorCode() != ErrorCode.UNSUPPORTED_VERSION ? e : new CommandFailure(
                    "Two-phase commit is off at " + address + " (transaction.two.phase.commit.enable)", e);
        }
    }

    void abortAt(TopicPartition partition, ProducerState open) {
        value(admin.abortAtPartition(partition, open), "partition", partition.toString());
    }

    private static <T> AdminResult<T> only(Map<String, AdminResult<T>> results, String name) {
        return requireNonNull(results.get(name), "whatever was asked for is answered");
    }

    private <T> T value(AdminResult<T> result, String kind, String name) {
        return switch (result) {
            case AdminResult.Done<T>(T value) -> value;
            case AdminResult.Refused<T>(ErrorCode e, ChaparException cause) -> throw failure(e, cause, kind, name);
        };
    }

    /// Whose answer was lost, and which then is not there, is deleted as was wanted, whoever did it.
    private void delete(AdminResult<AdminResult.Success> result, String kind, String name) {
        if (result instanceof AdminResult.Refused<AdminResult.Success>(ErrorCode error, ChaparException cause)
                && !(cause instanceof UnknownOutcomeException && error == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)) {
            throw failure(error, cause, kind, name) instanceof CommandFailure missing ? missing
                    : new CommandFailure(Failures.sentence(cause), cause);
        }
    }

    private RuntimeException failure(ErrorCode error, ChaparException cause, String kind, String name) {
        return switch (error) {
            case UNKNOWN_TOPIC_OR_PARTITION, TRANSACTIONAL_ID_NOT_FOUND, GROUP_ID_NOT_FOUND ->
                new CommandFailure("There is no " + kind + " '" + name + "' at " + address, cause);
            default -> cause;
        };
    }

    @Override
    public void close() {
        admin.close();
    }
}
