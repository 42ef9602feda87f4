package io.chapar.broker.metadata;

import io.chapar.broker.metadata.MetadataCommand.AddPartitions;
import io.chapar.broker.metadata.MetadataCommand.AdvanceReassignments;
import io.chapar.broker.metadata.MetadataCommand.AlterQuotas;
import io.chapar.broker.metadata.MetadataCommand.AlterReassignments;
import io.chapar.broker.metadata.MetadataCommand.ChangeIsr;
import io.chapar.broker.metadata.MetadataCommand.Configure;
import io.chapar.broker.metadata.MetadataCommand.ConfigureTopic;
import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.DeleteTopics;
import io.chapar.broker.metadata.MetadataCommand.ElectLeaders;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.FinalizeFeatures;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.ProducerIdBlock;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataCommand.RemoveBroker;
import io.chapar.broker.metadata.MetadataCommand.Replicas;
import io.chapar.broker.metadata.MetadataCommand.TakeProducerIds;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataCommand.TopicRef;
import io.chapar.broker.metadata.MetadataCommand.UnfenceBroker;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.random.RandomGenerator;

/// Turns a command into the records that carry it out, and the answer. A pure function of the image, the command and
/// the random source; it keeps nothing.
public final class ControllerCore {
    /// Topics with more partitions are refused: a mistyped number should not fill a disk with folders.
    static final int MAX_PARTITIONS_PER_TOPIC = 10_000;

    /// Of all the topics that one command creates together; Kafka's number.
    public static final int MAX_PARTITIONS_PER_COMMAND = 10_000;

    /// A setting has to fit into its record, whatever characters it is made of.
    static final int MAX_SETTING_CHARS = 20_000;

    /// Settings by which old records go.
    private static final List<String> DELETING = List.of("cleanup.policy", "retention.ms", "retention.bytes");

    private static final String FOREVER = "-1";

    /// @param records to be committed together; empty when nothing changes
    public record Decision<R>(List<MetadataRecord> records, R result) {}

    private final RandomGenerator random;
    private final TopicRules rules;
    private final @Nullable UUID clusterId;
    private final BrokerLives lives;
    private final IsrChanges isrChanges;
    private final LeaderElections elections;
    private final SettingsChanges settings;
    private final SettingsEffects effects;
    private final Reassignments reassignments;

    public ControllerCore(RandomGenerator random, TopicRules rules) {
        this(random, rules, null);
    }

    /// @param clusterId of the cluster that it creates where there is none; null for one that is drawn then
    public ControllerCore(RandomGenerator random, TopicRules rules, @Nullable UUID clusterId) {
        this.random = random;
        this.rules = rules;
        this.clusterId = clusterId;
        lives = new BrokerLives(rules);
        isrChanges = new IsrChanges(rules);
        elections = new LeaderElections(rules);
        settings = new SettingsChanges(rules);
        effects = new SettingsEffects(rules);
        reassignments = new Reassignments(rules);
    }

    @SuppressWarnings("unchecked")
    public <R> Decision<R> decide(MetadataCommand<R> command, ClusterImage image) {
        return (Decision<R>) switch (command) {
            case RegisterBroker c -> lives.register(c, image, () -> clusterId == null ? freshId(image) : clusterId);
            case FenceBroker c -> lives.fence(c, image);
            case UnfenceBroker c -> lives.unfence(c, image);
            case ChangeIsr c -> isrChanges.decide(c, image);
            case ElectLeaders c -> elections.decide(c, image);
            case AlterReassignments c -> reassignments.alter(c, image);
            case AdvanceReassignments _ -> reassignments.advance(image);
            case RemoveBroker c -> BrokerLives.remove(c, image);
            case CreateTopics c -> createTopics(c, image);
            case DeleteTopics c -> deleteTopics(c, image);
            case AddPartitions c -> addPartitions(c, image);
            case ConfigureTopic c -> configureTopic(c, image);
            case Configure c -> settings.decide(c, image);
            case AlterQuotas c -> settings.decide(c, image);
            case FinalizeFeatures c -> settings.decide(c, image);
            case TakeProducerIds c -> takeProducerIds(c, image);
        };
    }

    private Decision<List<TopicOutcome>> createTopics(CreateTopics command, ClusterImage image) {
        List<MetadataRecord> records = new ArrayList<>();
        List<TopicOutcome> outcomes = new ArrayList<>();
        String tooMany = tooManyPartitions(command.topics());
        if (tooMany != null) {
            command.topics().forEach(topic -> outcomes.add(TopicOutcome.refused(
                    new TopicRef(topic.name(), null), ErrorCode.POLICY_VIOLATION, tooMany)));
            return new Decision<>(records, outcomes);
        }
        Placement placement = Placement.beside(image, random, rules.mostReplicas(image.settings()));
        TopicNames names = new TopicNames(image.topics().keySet());
        SettingsRoom room = new SettingsRoom(image);
        for (NewTopic topic : command.topics()) {
            TopicRef asked = new TopicRef(topic.name(), null);
            TopicOutcome refusal = refusalToCreate(topic, asked, names, image);
            if (refusal == null) {
                refusal = refusalToPlace(asked, placement, topic.partitions(), topic.replicas());
            }
            if (refusal != null) {
                outcomes.add(refusal);
                continue;
            }
            boolean isBounded = !InternalTopics.isInternal(topic.name());
            List<PartitionImage> placed = placement.place(topic.partitions(), topic.replicas(), isBounded);
            if (isBounded) {
                String full = placement.tooMany(placed);
                full = full == null ? room.take(topic.config(), Collections.emptySortedMap()) : full;
                if (full != null) {
                    placement.takeBack(placed);
                    outcomes.add(TopicOutcome.refused(asked, ErrorCode.POLICY_VIOLATION, full));
                    continue;
                }
            }
            TopicImage created = new TopicImage(freshId(image), topic.name(), placed, topic.config());
            names.add(topic.name());
            if (!command.validateOnly()) {
                records.add(new MetadataRecord.TopicCreated(
                        created.id(), created.name(), created.all(), created.config()));
            }
            outcomes.add(new TopicOutcome(asked, ErrorCode.NONE, null, created));
        }
        return new Decision<>(records, outcomes);
    }

    /// Why so many are not created together, as a sentence; null when they may be.
    public static @Nullable String tooManyPartitions(Collection<NewTopic> topics) {
        long partitions = topics.stream().mapToLong(topic -> Math.max(0, topic.partitions())).sum();
        return partitions <= MAX_PARTITIONS_PER_COMMAND || topics.size() == 1 ? null
                : "One request may create at most " + MAX_PARTITIONS_PER_COMMAND + " partitions, not " + partitions
                        + ".";
    }

    private @Nullable TopicOutcome refusalToCreate(
            NewTopic topic, TopicRef asked, TopicNames names, ClusterImage image) {
        String problem = TopicNames.problem(topic.name());
        if (problem != null) {
            return TopicOutcome.refused(asked, ErrorCode.INVALID_TOPIC_EXCEPTION, problem);
        }
        if (topic.name().equals(TopicNames.KAFKAS_METADATA)) {
            return TopicOutcome.refused(asked, ErrorCode.INVALID_REQUEST,
                    "Creation of internal topic " + topic.name() + " is prohibited.");
        }
        if (names.contains(topic.name())) {
            return TopicOutcome.refused(
                    asked, ErrorCode.TOPIC_ALREADY_EXISTS, "Topic '" + topic.name() + "' already exists.");
        }
        String collision = names.collision(topic.name());
        if (collision != null) {
            return TopicOutcome.refused(asked, ErrorCode.INVALID_TOPIC_EXCEPTION,
                    "Topic '" + topic.name() + "' collides with existing topic: " + collision + ".");
        }
        String partitions = partitionsProblem(topic.partitions());
        if (partitions != null) {
            return TopicOutcome.refused(asked, ErrorCode.INVALID_PARTITIONS, partitions);
        }
        String config = problem(topic.config(), image);
        return config == null ? null : TopicOutcome.refused(asked, ErrorCode.INVALID_CONFIG, config);
    }

    private static @Nullable TopicOutcome refusalToPlace(
            TopicRef asked, Placement placement, int partitions, Replicas replicas) {
        String problem = placement.problem(partitions, replicas);
        ErrorCode error = replicas instanceof Replicas.Assigned
                ? ErrorCode.INVALID_REPLICA_ASSIGNMENT : ErrorCode.INVALID_REPLICATION_FACTOR;
        return problem == null ? null : TopicOutcome.refused(asked, error, problem);
    }

    private @Nullable String problem(SortedMap<String, String> config, ClusterImage image) {
        String problem = lengthProblem(config);
        if (problem == null) {
            problem = rules.problem(config);
        }
        return problem == null ? rules.contradiction(config, image.settings()) : problem;
    }

    static @Nullable String lengthProblem(SortedMap<String, String> config) {
        for (Map.Entry<String, String> setting : config.entrySet()) {
            if (setting.getValue().length() > MAX_SETTING_CHARS) {
                return setting.getKey() + " is longer than " + MAX_SETTING_CHARS + " characters.";
            }
        }
        return null;
    }

    private static @Nullable String partitionsProblem(int partitions) {
        if (partitions < 1) {
            return "Number of partitions must be larger than 0, not " + partitions + ".";
        }
        return partitions <= MAX_PARTITIONS_PER_TOPIC ? null
                : "A topic may have at most " + MAX_PARTITIONS_PER_TOPIC + " partitions, not " + partitions + ".";
    }

    private static Decision<List<TopicOutcome>> deleteTopics(DeleteTopics command, ClusterImage image) {
        List<MetadataRecord> records = new ArrayList<>();
        List<TopicOutcome> outcomes = new ArrayList<>();
        Set<UUID> deleted = new LinkedHashSet<>();
        for (TopicRef asked : command.topics()) {
            TopicImage topic = asked.name() != null ? image.topic(asked.name()) : image.topic(asked.id());
            if (topic == null || deleted.contains(topic.id())) {
                outcomes.add(asked.name() != null
                        ? TopicOutcome.refused(
                                asked, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "This topic does not exist.")
                        : TopicOutcome.refused(asked, ErrorCode.UNKNOWN_TOPIC_ID, "No topic has this id."));
                continue;
            }
            deleted.add(topic.id());
            records.add(new MetadataRecord.TopicDeleted(topic.id()));
            outcomes.add(new TopicOutcome(asked, ErrorCode.NONE, null, topic));
        }
        return new Decision<>(records, outcomes);
    }

    private Decision<TopicOutcome> addPartitions(AddPartitions command, ClusterImage image) {
        TopicRef asked = new TopicRef(command.topic(), null);
        TopicImage topic = image.topic(command.topic());
        if (topic == null) {
            return refuse(asked, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "This topic does not exist.");
        }
        if (topic.isInternal()) {
            return refuse(asked, ErrorCode.INVALID_TOPIC_EXCEPTION,
                    "The coordinators' own topics keep their number of partitions for ever.");
        }
        if (command.total() <= topic.partitions()) {
            return refuse(asked, ErrorCode.INVALID_PARTITIONS, "The topic has " + topic.partitions()
                    + " partitions, which is not fewer than the requested " + command.total() + ".");
        }
        String problem = partitionsProblem(command.total());
        if (problem != null) {
            return refuse(asked, ErrorCode.INVALID_PARTITIONS, problem);
        }
        Placement placement = Placement.beside(image, random, rules.mostReplicas(image.settings()));
        int more = command.total() - topic.partitions();
        Replicas replicas = command.replicas() != null
                ? command.replicas() : new Replicas.Factor(topic.partition(0).wanted().size());
        TopicOutcome refusal = refusalToPlace(asked, placement, more, replicas);
        if (refusal != null) {
            return new Decision<>(List.of(), refusal);
        }
        List<PartitionImage> added = placement.place(more, replicas);
        String full = placement.tooMany(added);
        if (full != null) {
            return refuse(asked, ErrorCode.POLICY_VIOLATION, full);
        }
        List<MetadataRecord> records = command.validateOnly() ? List.of()
                : List.of(new MetadataRecord.PartitionsAdded(topic.id(), added));
        return new Decision<>(records, new TopicOutcome(asked, ErrorCode.NONE, null, topic.withMore(added)));
    }

    private Decision<TopicOutcome> configureTopic(ConfigureTopic command, ClusterImage image) {
        TopicRef asked = new TopicRef(command.topic(), null);
        TopicImage topic = image.topic(command.topic());
        if (topic == null) {
            return refuse(asked, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "This topic does not exist.");
        }
        TreeMap<String, String> config = command.replace() ? new TreeMap<>() : new TreeMap<>(topic.config());
        command.changes().forEach((key, value) -> {
            if (value == null) {
                config.remove(key);
            } else {
                config.put(key, value);
            }
        });
        String problem = problem(config, image);
        if (problem == null && topic.isInternal()) {
            problem = lossProblem(topic, config);
        }
        if (problem != null) {
            return refuse(asked, ErrorCode.INVALID_CONFIG, problem);
        }
        String full = new SettingsRoom(image).take(config, topic.config());
        if (full != null) {
            return refuse(asked, ErrorCode.POLICY_VIOLATION, full);
        }
        TopicImage after = topic.withConfig(config);
        List<MetadataRecord> records = command.validateOnly() || config.equals(topic.config()) ? List.of()
                : effects.with(new MetadataRecord.TopicConfigured(topic.id(), config), topic, image);
        return new Decision<>(records, new TopicOutcome(asked, ErrorCode.NONE, null, after));
    }

    /// What the coordinators know is never too old, and [InternalTopics] that are not compacted keep all of it.
    private static @Nullable String lossProblem(TopicImage topic, SortedMap<String, String> after) {
        boolean isCompacted = "compact".equals(topic.config().get("cleanup.policy"));
        for (String name : isCompacted ? List.of("cleanup.policy") : DELETING) {
            String now = topic.config().get(name);
            boolean isMended = !name.equals("cleanup.policy") && FOREVER.equals(after.get(name));
            if (!isMended && !Objects.equals(now, after.get(name))) {
                return name + " of the coordinators' own topic " + topic.name() + " stays "
                        + (now == null ? "as it is" : now) + ": anything else loses what they know.";
            }
        }
        return null;
    }

    private static Decision<ProducerIdBlock> takeProducerIds(TakeProducerIds command, ClusterImage image) {
        long first = image.nextProducerId();
        return new Decision<>(
                List.of(new MetadataRecord.ProducerIdsTaken(Math.addExact(first, command.count()))),
                new ProducerIdBlock(first, command.count()));
    }

    private static Decision<TopicOutcome> refuse(TopicRef asked, ErrorCode error, String message) {
        return new Decision<>(List.of(), TopicOutcome.refused(asked, error, message));
    }

    /// A random id of version 4 that no topic has. Kafka keeps the smallest ids for itself, and tools stumble over
    /// texts that begin with a dash.
    private UUID freshId(ClusterImage image) {
        while (true) {
            long high = (random.nextLong() & ~0xF000L) | 0x4000L;
            long low = (random.nextLong() & 0x3FFF_FFFF_FFFF_FFFFL) | 0x8000_0000_0000_0000L;
            UUID id = new UUID(high, low);
            boolean startsWithDash = high >>> 58 == 62;
            if (!startsWithDash && image.topic(id) == null && !id.equals(image.clusterId())) {
                return id;
            }
        }
    }
}
