package io.chapar.broker.group.streams;

import io.chapar.broker.group.streams.StreamsTopology.InternalTopic;
import io.chapar.broker.group.streams.StreamsTopology.Subtopology;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.coordinator.StreamsGroupTopologyValue;
import io.chapar.protocol.coordinator.StreamsGroupTopologyValue.CopartitionGroup;
import io.chapar.protocol.coordinator.StreamsGroupTopologyValue.TopicConfig;
import io.chapar.protocol.coordinator.StreamsGroupTopologyValue.TopicInfo;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// A [StreamsTopology] in its record. Topics that must have as many partitions as each other are there by their places
/// among the subtopology's own.
final class TopologyCodec {
    private TopologyCodec() {}

    static StreamsGroupTopologyValue value(StreamsTopology topology) {
        return new StreamsGroupTopologyValue(
                topology.epoch(), topology.subtopologies().stream().map(TopologyCodec::value).toList());
    }

    private static StreamsGroupTopologyValue.Subtopology value(Subtopology one) {
        List<String> sources = List.copyOf(one.sources());
        List<String> repartitions = one.repartitions().stream().map(InternalTopic::name).toList();
        List<CopartitionGroup> together = new ArrayList<>();
        for (SortedSet<String> group : one.copartitions()) {
            together.add(new CopartitionGroup(places(group, sources), List.of(), places(group, repartitions)));
        }
        return new StreamsGroupTopologyValue.Subtopology(
                one.id(), sources, List.of(), infos(one.changelogs()), List.copyOf(one.sinks()),
                infos(one.repartitions()), together);
    }

    private static List<Short> places(SortedSet<String> topics, List<String> among) {
        List<Short> places = new ArrayList<>();
        for (int i = 0; i < among.size(); i++) {
            if (topics.contains(among.get(i))) {
                places.add((short) i);
            }
        }
        return places;
    }

    private static List<TopicInfo> infos(List<InternalTopic> topics) {
        return topics.stream().map(topic -> new TopicInfo(
                topic.name(), topic.partitions(), (short) topic.replicas(),
                topic.config().entrySet().stream()
                        .map(one -> new TopicConfig(one.getKey(), one.getValue())).toList())).toList();
    }

    static StreamsTopology topology(StreamsGroupTopologyValue value) {
        return new StreamsTopology(
                value.epoch(), value.subtopologies().stream().map(TopologyCodec::subtopology).toList());
    }

    private static Subtopology subtopology(StreamsGroupTopologyValue.Subtopology one) {
        List<String> repartitions = one.repartitionSourceTopics().stream().map(TopicInfo::name).toList();
        List<SortedSet<String>> together = new ArrayList<>();
        for (CopartitionGroup group : one.copartitionGroups()) {
            SortedSet<String> topics = new TreeSet<>();
            group.sourceTopics().forEach(place -> topics.add(at(place, one.sourceTopics())));
            group.repartitionSourceTopics().forEach(place -> topics.add(at(place, repartitions)));
            together.add(topics);
        }
        return new Subtopology(
                one.subtopologyId(), new TreeSet<>(one.sourceTopics()), new TreeSet<>(one.repartitionSinkTopics()),
                internal(one.repartitionSourceTopics()), internal(one.stateChangelogTopics()), together);
    }

    private static String at(short place, List<String> topics) {
        if (place < 0 || place >= topics.size()) {
            throw new MalformedMessageException("a topology in the log of groups names a topic that it does not have");
        }
        return topics.get(place);
    }

    private static List<InternalTopic> internal(List<TopicInfo> topics) {
        List<InternalTopic> all = new ArrayList<>();
        for (TopicInfo topic : topics) {
            SortedMap<String, String> config = new TreeMap<>();
            topic.topicConfigs().forEach(one -> config.put(one.key(), one.value()));
            all.add(new InternalTopic(topic.name(), topic.partitions(), topic.replicationFactor(), config));
        }
        return all;
    }
}
