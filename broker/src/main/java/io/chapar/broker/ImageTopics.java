package io.chapar.broker;

import io.chapar.broker.group.consumer.TopicDirectory;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;
import org.jspecify.annotations.Nullable;

import java.util.UUID;

/// The topics of an image as groups look at them.
record ImageTopics(ClusterImage image) implements TopicDirectory {
    @Override
    public @Nullable Topic topic(String name) {
        TopicImage topic = image.topic(name);
        return topic == null ? null : new Topic(topic.id(), topic.partitions());
    }

    @Override
    public @Nullable String name(UUID id) {
        TopicImage topic = image.topic(id);
        return topic == null ? null : topic.name();
    }

    @Override
    public Iterable<String> names() {
        return image.topics().keySet();
    }

    @Override
    public long version() {
        return image.version();
    }
}
