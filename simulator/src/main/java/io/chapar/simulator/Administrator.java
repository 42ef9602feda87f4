package io.chapar.simulator;

import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataCommand.AddPartitions;
import io.chapar.broker.metadata.MetadataCommand.ConfigureTopic;
import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.DeleteTopics;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataCommand.TopicRef;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/// Makes topics, changes and deletes them, and holds the broker to what it was told: it is so at once, and after
/// every restart.
final class Administrator {
    /// Nobody else touches, writes or reads topics that begin so.
    static final String PREFIX = "admin-";
    private static final int TOPICS = 3;
    private static final int MOST_PARTITIONS = 4;
    private static final String PROMISE = "What is decided about topics holds";

    private final World world;
    private final SimulatedBroker broker;
    private final Ghosts ghosts;
    private final RandomGenerator random;
    /// Of which nobody knows what became of a wish: it may come to light at any time.
    private final Set<String> doubtful = new TreeSet<>();
    /// What is asked now; null for nothing that may outlive this life.
    private @Nullable String wish;
    /// As decided: null where the topic is not there. A topic whose last wish was not answered is not in here.
    private final Map<String, TopicImage> decided = new TreeMap<>();
    private boolean asking;
    private boolean over;
    private int life;

    Administrator(World world, SimulatedBroker broker, Ghosts ghosts) {
        this.world = world;
        this.broker = broker;
        this.ghosts = ghosts;
        random = world.random("administrator of " + broker.name());
    }

    void begin() {
        world.in((1 + random.nextLong(80)) * 1_000, () -> {
            if (!over) {
                act();
                begin();
            }
        });
    }

    void end() {
        over = true;
        if (broker.isListening()) {
            compare();
        }
    }

    private void act() {
        if (!broker.isListening() || broker.isPaused() || ghosts.isLossy()) {
            return;
        }
        if (life != broker.starts()) {
            // What was asked in the life before is not answered any more.
            life = broker.starts();
            asking = false;
            if (wish != null && broker.cluster().metadata() != null) {
                doubtful.add(wish);
            }
        }
        compare();
        if (!asking) {
            ask(PREFIX + random.nextInt(TOPICS));
        }
    }

    private void compare() {
        decided.forEach((name, topic) -> {
            TopicImage is = broker.image().topic(name);
            boolean same = topic == null ? is == null
                    : is != null && is.id().equals(topic.id()) && is.partitions() == topic.partitions()
                            && is.config().equals(topic.config());
            if (!same && !ghosts.isLossy()) {
                world.broken(PROMISE, broker.name() + " has " + is + ", and decided was "
                        + (topic == null ? "that " + name + " goes" : topic));
            }
        });
    }

    private void ask(String name) {
        asking = true;
        wish = name;
        decided.remove(name);
        TopicImage is = broker.image().topic(name);
        if (is == null) {
            propose(name, new CreateTopics(List.of(new NewTopic(name, 1 + random.nextInt(2), new TreeMap<>())), false));
        } else if (random.nextInt(3) == 0) {
            propose(name, new DeleteTopics(List.of(new TopicRef(name, null))));
        } else if (random.nextBoolean() && is.partitions() < MOST_PARTITIONS) {
            propose(name, new AddPartitions(name, is.partitions() + 1, null, false));
        } else {
            String keepMs = Integer.toString(1_000_000 + random.nextInt(1_000));
            propose(name, new ConfigureTopic(name, new TreeMap<>(Map.of("retention.ms", keepMs)), false, false));
        }
    }

    private <R> void propose(String name, MetadataCommand<R> command) {
        int asked = life;
        broker.propose(command, done -> {
            if (asked == life) {
                asking = false;
                wish = null;
                if (done instanceof MetadataLog.Unknown<R> && broker.cluster().metadata() != null) {
                    doubtful.add(name);
                }
                if (done instanceof MetadataLog.Committed<R>(Object result)) {
                    told(name, command, result instanceof List<?> all ? all.getFirst() : result);
                }
            }
        });
    }

    private void told(String name, MetadataCommand<?> command, Object result) {
        if (result instanceof TopicOutcome outcome && outcome.error() == ErrorCode.NONE) {
            if (!doubtful.contains(name)) {
                decided.put(name, command instanceof DeleteTopics ? null : outcome.topic());
            }
            compare();
        }
    }
}
