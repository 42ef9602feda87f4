package io.chapar.cli;

import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// Where replicas are to be, in the form of Kafka's `kafka-reassign-partitions`:
/// `{"version":1,"partitions":[{"topic":"t","partition":0,"replicas":[1,2]}]}`.
final class ReassignmentJson {
    private static final JsonFactory FACTORY = new JsonFactory();

    private ReassignmentJson() {
    }

    static String text(Map<TopicPartition, List<Integer>> replicas) {
        List<Map<String, Object>> partitions = new ArrayList<>();
        replicas.forEach((id, brokers) -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("topic", id.topic());
            one.put("partition", id.partition());
            one.put("replicas", brokers);
            partitions.add(one);
        });
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("version", 1);
        all.put("partitions", partitions);
        return Json.text(all);
    }

    /// What it does not know is passed over.
    static SortedMap<TopicPartition, List<Integer>> read(String text) {
        SortedMap<TopicPartition, List<Integer>> all = new TreeMap<>();
        try (JsonParser json = FACTORY.createParser(ObjectReadContext.empty(), text)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new CommandFailure("A plan is a JSON object with 'partitions'");
            }
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                boolean wanted = "partitions".equals(json.currentName());
                if (json.nextToken() == JsonToken.START_ARRAY && wanted) {
                    while (json.nextToken() == JsonToken.START_OBJECT) {
                        readPartition(json, all);
                    }
                } else {
                    json.skipChildren();
                }
            }
        } catch (JacksonException e) {
            throw new CommandFailure("The plan cannot be read as JSON: " + e.getOriginalMessage(), e);
        }
        if (all.isEmpty()) {
            throw new CommandFailure("The plan names no partitions");
        }
        return all;
    }

    private static void readPartition(JsonParser json, SortedMap<TopicPartition, List<Integer>> into) {
        String topic = null;
        int partition = -1;
        List<Integer> replicas = new ArrayList<>();
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            if ("topic".equals(name) && value == JsonToken.VALUE_STRING) {
                topic = json.getString();
            } else if ("partition".equals(name) && value == JsonToken.VALUE_NUMBER_INT) {
                partition = json.getIntValue();
            } else if ("replicas".equals(name) && value == JsonToken.START_ARRAY) {
                while (json.nextToken() == JsonToken.VALUE_NUMBER_INT) {
                    replicas.add(json.getIntValue());
                }
            } else {
                json.skipChildren();
            }
        }
        into.put(named(topic, partition, replicas), List.copyOf(replicas));
    }

    private static TopicPartition named(@Nullable String topic, int partition, List<Integer> replicas) {
        if (topic == null || partition < 0 || replicas.isEmpty()) {
            throw new CommandFailure("Each partition of a plan has a topic, a partition and replicas");
        }
        return new TopicPartition(topic, partition);
    }
}
