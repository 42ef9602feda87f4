package io.chapar.client.admin;

import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/// One group with its members, by the protocol that these speak.
public sealed interface GroupDescription {
    String groupId();

    String state();

    Node coordinator();

    List<? extends Member> members();

    /// What is known of members of every kind.
    sealed interface Member {
        String memberId();

        String clientId();

        String host();
    }

    /// How far a group is whose coordinator shares out the work: the target is up to date when both are the same.
    record Epochs(int group, int target) {
    }

    /// JoinGroup and SyncGroup, and groups that only keep offsets.
    ///
    /// @param protocol what the members have agreed on, for consumers the assignor; empty while they have not
    record Classic(String groupId, String state, Node coordinator, String protocolType, String protocol,
            List<ClassicMember> members) implements GroupDescription {
    }

    /// `instanceId` is null for dynamic members; `assignment` is empty for protocols other than "consumer".
    record ClassicMember(String memberId, @Nullable String instanceId, String clientId, String host,
            List<TopicPartition> assignment) implements Member {
    }

    /// The consumer protocol (KIP-848).
    record Consumer(String groupId, String state, Node coordinator, Epochs epochs, String assignor,
            List<ConsumerMember> members) implements GroupDescription {
    }

    /// @param regex of topics that it subscribes to beside those it names; null: none
    /// @param target what it is to have; it has come to that when this is its assignment
    record ConsumerMember(String memberId, @Nullable String instanceId, @Nullable String rackId, int epoch,
            String clientId, String host, List<String> topics, @Nullable String regex,
            List<TopicPartition> assignment, List<TopicPartition> target) implements Member {
    }

    /// Kafka Streams (KIP-1071).
    ///
    /// @param assignor null from brokers that do not tell it
    /// @param topology null while no member has said it
    record Streams(String groupId, String state, Node coordinator, Epochs epochs, @Nullable String assignor,
            @Nullable Topology topology, List<StreamsMember> members) implements GroupDescription {
    }

    /// @param subtopologies null while it is not known what topics they come to: a source is missing, say
    record Topology(int epoch, @Nullable List<Subtopology> subtopologies) {
    }

    /// @param sinks the repartition topics it writes to
    /// @param repartitions those that it reads
    record Subtopology(String id, List<String> sources, List<String> sinks, List<InternalTopic> changelogs,
            List<InternalTopic> repartitions) {
    }

    /// A topic of the application's own.
    ///
    /// @param partitions 0 while that is not known
    /// @param replicas 0: as the broker has it
    record InternalTopic(String name, int partitions, int replicas, SortedMap<String, String> config) {
    }

    /// @param endpoint where its interactive queries are answered, `HOST:PORT`; null: nowhere
    /// @param offsets how far it is with tasks that have state, as far as it has said so
    /// @param ends of the logs of that state
    record StreamsMember(String memberId, @Nullable String instanceId, @Nullable String rackId, int epoch,
            int topologyEpoch, String processId, String clientId, String host, @Nullable String endpoint,
            SortedMap<String, String> tags, Map<Task, Long> offsets, Map<Task, Long> ends, Tasks tasks,
            Tasks target) implements Member {
    }

    /// What a subtopology does with one partition of what it reads.
    record Task(String subtopology, int partition) {
    }

    /// @param active that it runs
    /// @param standby of which it keeps the state
    /// @param warmup of which it brings up the state, to run them later
    record Tasks(List<Task> active, List<Task> standby, List<Task> warmup) {
    }

    /// Share groups (KIP-932); a partition may be assigned to several members.
    record Share(String groupId, String state, Node coordinator, Epochs epochs, String assignor,
            List<ShareMember> members) implements GroupDescription {
    }

    record ShareMember(String memberId, @Nullable String rackId, int epoch, String clientId, String host,
            List<String> topics, List<TopicPartition> assignment) implements Member {
    }
}
