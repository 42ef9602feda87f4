package io.chapar.simulator;

import io.chapar.broker.metadata.MetadataCommand.DeleteTopics;
import io.chapar.broker.metadata.MetadataCommand.TopicRef;

import java.util.List;
import java.util.random.RandomGenerator;

/// Deletes a topic again and again while it is written and read; whoever asks for it next brings it back under the same
/// name.
final class TopicChurn {
    private final World world;
    private final SimulatedBroker broker;
    private final String topic;
    private final RandomGenerator random;
    private boolean over;

    TopicChurn(World world, SimulatedBroker broker, String topic) {
        this.world = world;
        this.broker = broker;
        this.topic = topic;
        random = world.random("churn of " + broker.name());
    }

    void begin() {
        world.in((200 + random.nextLong(6_000)) * 1_000, () -> {
            if (!over) {
                delete();
                begin();
            }
        });
    }

    void end() {
        over = true;
    }

    private void delete() {
        if (broker.isListening() && !broker.isPaused()) {
            world.note(broker.name(), "topic " + topic + " is deleted", 0);
            broker.propose(new DeleteTopics(List.of(new TopicRef(topic, null))));
        }
    }
}
