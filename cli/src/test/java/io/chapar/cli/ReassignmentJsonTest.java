package io.chapar.cli;

import io.chapar.protocol.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

class ReassignmentJsonTest {
    @Test
    void whatIsWrittenIsReadAsItWas() {
        TreeMap<TopicPartition, List<Integer>> plan = new TreeMap<>();
        plan.put(new TopicPartition("a\"b", 0), List.of(1, 2));
        plan.put(new TopicPartition("t", 7), List.of(3));
        assertEquals(plan, ReassignmentJson.read(ReassignmentJson.text(plan)));
    }

    @Test
    void whatKafkasToolWritesIsRead() {
        assertEquals(new TreeMap<>(Map.of(new TopicPartition("t", 0), List.of(2, 1))), ReassignmentJson.read("""
                {"version":1,"more":{"a":[1]},"partitions":[
                 {"topic":"t","partition":0,"replicas":[2,1],"log_dirs":["any","any"]}]}"""));
    }

    @Test
    void whatIsNoPlanIsRefused() {
        for (String text : List.of("", "[]", "{}", "{\"partitions\":[]}", "{\"partitions\":[{\"topic\":\"t\"}]}",
                "{\"partitions\":[{\"topic\":\"t\",\"partition\":0,\"replicas\":[]}]}", "{\"partitions\":[{")) {
            assertThrows(CommandFailure.class, () -> ReassignmentJson.read(text), text);
        }
    }
}
