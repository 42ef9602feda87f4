package io.chapar.broker.handler;

import io.chapar.broker.group.streams.StreamsTopology;
import io.chapar.broker.group.streams.StreamsTopology.InternalTopic;
import io.chapar.broker.group.streams.StreamsTopology.Subtopology;
import io.chapar.broker.metadata.InternalTopics;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.CopartitionGroup;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.TopicInfo;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/// A topology as a member of a streams group sends it.
final class StreamsTopologies {
    /// Clients of Kafka Streams say so, or 0.
    private static final int DEFAULT_FACTOR = -1;

    private StreamsTopologies() {}

    /// What is wrong with it, for people.
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1;

        private Malformed(String message) {
            super(message);
        }
    }

    static StreamsTopology topology(StreamsGroupHeartbeatRequest.Topology said) throws Malformed {
        if (said.epoch() < 0) {
            throw new Malformed("There is no topology epoch " + said.epoch() + ".");
        }
        SortedSet<String> names = new TreeSet<>();
        SortedSet<String> own = new TreeSet<>();
        List<Subtopology> all = new ArrayList<>();
        for (StreamsGroupHeartbeatRequest.Subtopology one : said.subtopologies()) {
            if (!names.add(one.subtopologyId())) {
                throw new Malformed("The subtopology " + one.subtopologyId() + " is there twice.");
            }
            all.add(subtopology(one, own));
        }
        return new StreamsTopology(said.epoch(), all);
    }

    /// @param own topics that are made for the application, those of subtopologies before
    private static Subtopology subtopology(StreamsGroupHeartbeatRequest.Subtopology one, SortedSet<String> own)
            throws Malformed {
        if (!one.sourceTopicRegex().isEmpty()) {
            throw new Malformed("Regular expressions for source topics are not supported yet.");
        }
        if (one.sourceTopics().isEmpty() && one.repartitionSourceTopics().isEmpty()) {
            throw new Malformed("The subtopology " + one.subtopologyId() + " reads nothing.");
        }
        List<InternalTopic> repartitions = internal(one.repartitionSourceTopics(), own);
        List<InternalTopic> changelogs = new ArrayList<>();
        for (InternalTopic topic : internal(one.stateChangelogTopics(), own)) {
            if (topic.partitions() != 0) {
                throw new Malformed("The changelog topic " + topic.name() + " must have no number of partitions.");
            }
            changelogs.add(topic);
        }
        List<SortedSet<String>> together = new ArrayList<>();
        for (CopartitionGroup group : one.copartitionGroups()) {
            if (!group.sourceTopicRegex().isEmpty()) {
                throw new Malformed("Regular expressions for source topics are not supported yet.");
            }
            SortedSet<String> topics = new TreeSet<>();
            for (short place : group.sourceTopics()) {
                topics.add(at(place, one.sourceTopics()));
            }
            for (short place : group.repartitionSourceTopics()) {
                topics.add(at(place, one.repartitionSourceTopics()).name());
            }
            together.add(topics);
        }
        return new Subtopology(one.subtopologyId(), new TreeSet<>(one.sourceTopics()),
                new TreeSet<>(one.repartitionSinkTopics()), repartitions, changelogs, together);
    }

    private static <T> T at(short place, List<T> all) throws Malformed {
        if (place < 0 || place >= all.size()) {
            throw new Malformed("A copartition group names a topic that its subtopology does not have.");
        }
        return all.get(place);
    }

    private static List<InternalTopic> internal(List<TopicInfo> topics, SortedSet<String> own) throws Malformed {
        List<InternalTopic> all = new ArrayList<>();
        for (TopicInfo topic : topics) {
            if (InternalTopics.isInternal(topic.name())) {
                throw new Malformed(topic.name() + " is no topic of an application.");
            }
            if (!own.add(topic.name())) {
                throw new Malformed("The topic " + topic.name() + " is made for two purposes.");
            }
            if (topic.partitions() < 0 || topic.replicationFactor() < DEFAULT_FACTOR) {
                throw new Malformed("The topic " + topic.name() + " has fewer than no partitions or replicas.");
            }
            SortedMap<String, String> config = new TreeMap<>();
            topic.topicConfigs().forEach(pair -> config.put(pair.key(), pair.value()));
            all.add(new InternalTopic(topic.name(), topic.partitions(),
                    Math.max(0, topic.replicationFactor()), config));
        }
        return all;
    }
}
