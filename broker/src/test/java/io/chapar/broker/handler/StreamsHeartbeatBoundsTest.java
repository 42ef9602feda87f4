package io.chapar.broker.handler;

import io.chapar.protocol.message.StreamsGroupHeartbeatRequest;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.CopartitionGroup;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.KeyValue;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.Subtopology;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.TaskIds;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.TopicInfo;
import io.chapar.protocol.message.StreamsGroupHeartbeatRequest.Topology;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What a heartbeat comes to in memory is known before anything of it is copied.
class StreamsHeartbeatBoundsTest {
    private static final int MANY = 10_000;

    private static long least(Subtopology one) {
        return StreamsGroupHeartbeatHandler.leastBytes(StreamsGroupHeartbeatRequest.builder()
                .topology(new Topology(0, List.of(one))).build());
    }

    /// Each takes two bytes in the request, and a name in a set of its own afterwards.
    @Test
    void placesOfTopicsThatBelongTogetherCount() {
        List<Short> places = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            places.add((short) i);
        }
        assertTrue(least(Subtopology.DEFAULT.toBuilder().copartitionGroups(
                List.of(new CopartitionGroup(places, List.of(), List.of()))).build()) > 80L * MANY);
        assertTrue(least(Subtopology.DEFAULT.toBuilder().copartitionGroups(
                List.of(new CopartitionGroup(List.of(), List.of(), places))).build()) > 80L * MANY);
    }

    @Test
    void settingsOfTopicsCount() {
        List<KeyValue> settings = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            settings.add(new KeyValue("k" + i, ""));
        }
        assertTrue(least(Subtopology.DEFAULT.toBuilder().stateChangelogTopics(
                List.of(new TopicInfo("t", 0, (short) 0, settings))).build()) > 80L * MANY);
    }

    /// Another bound holds for them: a member says what it was given.
    @Test
    void tasksCountByThemselves() {
        StreamsGroupHeartbeatRequest request = StreamsGroupHeartbeatRequest.builder()
                .activeTasks(List.of(new TaskIds("0", IntStream.range(0, MANY).boxed().toList()))).build();
        assertEquals(0, StreamsGroupHeartbeatHandler.leastBytes(request));
        assertTrue(StreamsGroupHeartbeatHandler.leastTaskBytes(request) > 20L * MANY);
    }
}
