package io.chapar.broker.replica;

import io.chapar.broker.metadata.TopicImage;

import java.util.HashSet;
import java.util.Set;
import java.util.UUID;

/// Which replicas of a topic its settings have throttled: all (`*`), or `partition:broker,...`.
record ThrottledReplicas(UUID topic, String text, boolean all, Set<Long> some) {
    static ThrottledReplicas of(TopicImage topic, String setting) {
        String text = topic.config().getOrDefault(setting, "").strip();
        Set<Long> some = new HashSet<>();
        if (!text.equals("*")) {
            for (String one : text.split(",", -1)) {
                int colon = one.indexOf(':');
                if (colon > 0) {
                    some.add(key(Integer.parseInt(one.substring(0, colon).strip()),
                            Integer.parseInt(one.substring(colon + 1).strip())));
                }
            }
        }
        return new ThrottledReplicas(topic.id(), text, text.equals("*"), some);
    }

    private static long key(int partition, int broker) {
        return ((long) partition << Integer.SIZE) | broker;
    }

    boolean has(int partition, int broker) {
        return all || some.contains(key(partition, broker));
    }

    boolean isOf(TopicImage topic, String setting) {
        return topic.id().equals(this.topic) && topic.config().getOrDefault(setting, "").strip().equals(text);
    }
}
