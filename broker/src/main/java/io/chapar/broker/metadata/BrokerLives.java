package io.chapar.broker.metadata;

import io.chapar.broker.config.DynamicSettings;
import io.chapar.broker.metadata.BrokerImage.Standing;
import io.chapar.broker.metadata.ControllerCore.Decision;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.Outcome;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataCommand.RemoveBroker;
import io.chapar.broker.metadata.MetadataCommand.UnfenceBroker;
import io.chapar.protocol.ErrorCode;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.BiFunction;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

import static java.util.Objects.requireNonNull;

/// How brokers register, are fenced and come back, with all that this changes of partitions in the same entry. Pure
/// functions of the image.
final class BrokerLives {
    private final TopicRules rules;

    BrokerLives(TopicRules rules) {
        this.rules = rules;
    }

    /// A life that the image shows already begins no second time: the command was sent twice.
    ///
    /// @param clusterId for the cluster that is created where there is none
    Decision<BrokerImage> register(RegisterBroker command, ClusterImage image, Supplier<UUID> clusterId) {
        BrokerImage known = image.brokers().get(command.registration().node());
        if (known != null && !known.registration().incarnation().equals(Registration.UNKNOWN)
                && known.registration().equals(command.registration())) {
            return new Decision<>(List.of(), known);
        }
        List<MetadataRecord> records = new ArrayList<>();
        if (image.clusterId() == null) {
            records.add(new MetadataRecord.ClusterCreated(clusterId.get()));
        }
        command.features().forEach((name, level) -> {
            // A level that is lower was made so by somebody. One that there was not yet waits for brokers that cannot.
            boolean all = image.brokers().values().stream().map(BrokerImage::registration).allMatch(other ->
                    other.node() == command.registration().node() || FeatureRange.of(other, name).has(level));
            if (!image.features().containsKey(name) && all) {
                records.add(new MetadataRecord.FeatureFinalized(name, level));
            }
        });
        int node = command.registration().node();
        if (command.registration().isAlone()
                && (image.brokers().isEmpty() || (image.brokers().size() == 1 && known != null))) {
            records.add(new MetadataRecord.BrokerBegan(command.registration()));
        } else {
            records.add(new MetadataRecord.BrokerRegistered(command.registration()));
            IntPredicate alive = broker -> broker != node && image.isActive(broker);
            records.addAll(changes(image, node, alive, command.hasAllOf(known)
                    ? (election, partition) -> election.fenced(partition, node)
                    : command.hasFolderOf(known)
                    ? (election, partition) -> election.lost(partition, node)
                    : (election, partition) -> election.replaced(partition, node)));
        }
        return new Decision<>(records, requireNonNull(image.apply(records).brokers().get(node), "it has registered"));
    }

    Decision<ErrorCode> fence(FenceBroker command, ClusterImage image) {
        ErrorCode stale = staleness(image, command.node(), command.epoch());
        if (stale != ErrorCode.NONE || !image.isActive(command.node())) {
            return new Decision<>(List.of(), stale);
        }
        int node = command.node();
        List<MetadataRecord> records = new ArrayList<>();
        records.add(new MetadataRecord.BrokerStands(node, Standing.FENCED));
        records.addAll(changes(image, node, broker -> broker != node && image.isActive(broker),
                (election, partition) -> election.fenced(partition, node)));
        return new Decision<>(records, ErrorCode.NONE);
    }

    Decision<ErrorCode> unfence(UnfenceBroker command, ClusterImage image) {
        ErrorCode stale = staleness(image, command.node(), command.epoch());
        if (stale != ErrorCode.NONE || image.isActive(command.node())) {
            return new Decision<>(List.of(), stale);
        }
        int node = command.node();
        List<MetadataRecord> records = new ArrayList<>();
        records.add(new MetadataRecord.BrokerStands(node, Standing.ACTIVE));
        records.addAll(changes(image, node, broker -> broker == node || image.isActive(broker), Election::unfenced));
        return new Decision<>(records, ErrorCode.NONE);
    }

    static Decision<Outcome> remove(RemoveBroker command, ClusterImage image) {
        int node = command.node();
        if (!image.brokers().containsKey(node)) {
            return new Decision<>(List.of(),
                    new Outcome(ErrorCode.BROKER_ID_NOT_REGISTERED, "There is no broker " + node + "."));
        }
        if (image.isActive(node)) {
            return new Decision<>(List.of(), new Outcome(
                    ErrorCode.INVALID_REQUEST, "Broker " + node + " is in session; stop it before."));
        }
        for (TopicImage topic : image.topics().values()) {
            for (int i = 0; i < topic.partitions(); i++) {
                PartitionImage partition = topic.partition(i);
                if (partition.replicas().contains(node) || partition.wanted().contains(node)) {
                    return new Decision<>(List.of(), new Outcome(ErrorCode.INVALID_REQUEST, "Broker " + node
                            + " has replicas, of " + topic.name() + "-" + i
                            + " for one; reassign them, or delete the topic, before."));
                }
            }
        }
        List<MetadataRecord> records = new ArrayList<>();
        records.add(new MetadataRecord.BrokerRemoved(node));
        if (image.settings().isDrained(node)) {
            // Another broker that gets the number takes replicas as any.
            SortedMap<String, String> left = new TreeMap<>(image.settings().of(ConfigOwner.broker(node)));
            left.remove(DynamicSettings.CORDONED);
            records.add(new MetadataRecord.Configured(ConfigOwner.broker(node), left));
        }
        return new Decision<>(records, Outcome.DONE);
    }

    /// Of a word about a life of a broker that is not its present one.
    private static ErrorCode staleness(ClusterImage image, int node, long epoch) {
        BrokerImage broker = image.brokers().get(node);
        if (broker == null) {
            return ErrorCode.BROKER_ID_NOT_REGISTERED;
        }
        return broker.epoch() == epoch ? ErrorCode.NONE : ErrorCode.STALE_BROKER_EPOCH;
    }

    /// What becomes of the partitions that have a replica there.
    private List<MetadataRecord> changes(ClusterImage image, int node, IntPredicate alive,
            BiFunction<Election, PartitionImage, PartitionImage> change) {
        List<MetadataRecord> records = new ArrayList<>();
        for (TopicImage topic : image.topics().values()) {
            Election election = new Election(alive, rules.minIsr(topic.config(), image.settings()),
                    rules.isUnclean(topic.config(), image.settings()));
            SortedMap<Integer, PartitionImage> after = new TreeMap<>();
            for (int i = 0; i < topic.partitions(); i++) {
                PartitionImage was = topic.partition(i);
                PartitionImage is = was.replicas().contains(node) ? change.apply(election, was) : was;
                if (!is.equals(was)) {
                    after.put(i, is);
                }
            }
            if (!after.isEmpty()) {
                records.add(new MetadataRecord.PartitionsChanged(topic.id(), after));
            }
        }
        return records;
    }
}
