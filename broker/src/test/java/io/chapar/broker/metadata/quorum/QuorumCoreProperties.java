package io.chapar.broker.metadata.quorum;

import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.metadata.CommandCodec;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataCommand.ConfigureTopic;
import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.DeleteTopics;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataCommand.TakeProducerIds;
import io.chapar.broker.metadata.MetadataCommand.TopicRef;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.metadata.quorum.QuorumEntry.Answered;
import io.chapar.broker.metadata.quorum.QuorumOutcome.Done;
import io.chapar.broker.metadata.quorum.QuorumOutcome.Refused;
import io.chapar.broker.metadata.quorum.QuorumOutcome.Unknown;
import io.chapar.protocol.ErrorCode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Brokers on a log of which only one thing can be relied on: that it has one order. Leaders move, several believe that
/// they lead, entries are lost, come late and twice, words about them are lost, and so is what brokers hand each other.
class QuorumCoreProperties {
    private static final int STEPS = 250;

    @Property(tries = 400)
    void whatIsAnsweredIsTrue(@ForAll long seed) {
        Model model = new Model(new Random(seed));
        for (int step = 0; step < STEPS; step++) {
            model.step();
        }
        model.heal();
        model.check();
    }

    private static final class Model {
        private final Random random;
        private final List<QuorumEntry> log = new ArrayList<>();
        private final List<Node> nodes = new ArrayList<>();
        private final List<Runnable> underWay = new ArrayList<>();
        private final Map<Long, Asker> foreign = new TreeMap<>();
        private long nowMs;
        private long tickets;
        private boolean calm;

        private interface Asker {
            void answered(QuorumOutcome outcome);
        }

        Model(Random random) {
            this.random = random;
            for (int id = 0; id < 3; id++) {
                nodes.add(new Node(id));
            }
        }

        private boolean chance(int percent) {
            return !calm && random.nextInt(100) < percent;
        }

        private Node any() {
            return nodes.get(random.nextInt(nodes.size()));
        }

        void step() {
            switch (random.nextInt(10)) {
                case 0, 1 -> any().propose();
                case 2, 3, 4 -> happens();
                case 5, 6 -> any().catchUp();
                case 7 -> {
                    if (chance(30)) {
                        moveLeader(any());
                    }
                }
                case 8 -> {
                    if (chance(20)) {
                        Node behind = any();
                        behind.restore(any());
                    }
                }
                default -> passes(random.nextInt(120));
            }
        }

        private void happens() {
            if (!underWay.isEmpty()) {
                underWay.remove(random.nextInt(underWay.size())).run();
            }
        }

        private void later(Runnable event) {
            underWay.add(event);
        }

        private void moveLeader(Node to) {
            for (Node node : nodes) {
                QuorumRole role = node == to ? new QuorumRole.Controls()
                        : chance(20) ? new QuorumRole.NoController() : new QuorumRole.Follows(to.id);
                later(() -> node.core.role(role, nowMs));
            }
        }

        private void passes(long ms) {
            nowMs += ms;
            nodes.forEach(node -> node.core.tick(nowMs));
        }

        /// From here on all goes well.
        void heal() {
            calm = true;
            while (!underWay.isEmpty()) {
                happens();
            }
            nodes.forEach(node -> node.core.role(new QuorumRole.NoController(), nowMs));
            moveLeader(any());
            settle();
            nodes.forEach(Node::propose);
            Node last = any();
            long one = last.propose();
            settle();
            assertInstanceOf(Done.class, last.answers.get(one), "with a leader and a log that take part, it is done");
            passes(100_000);
            settle();
        }

        private void settle() {
            for (int turn = 0; turn < 60; turn++) {
                while (!underWay.isEmpty()) {
                    happens();
                }
                nodes.forEach(Node::catchUp);
                passes(20);
            }
        }

        void check() {
            Map<ProposalId, Integer> effects = new TreeMap<>();
            QuorumState state = QuorumState.EMPTY;
            for (QuorumEntry entry : log) {
                QuorumState.Applied applied = apply(state, entry);
                state = applied.after();
                if (applied.tookEffect()) {
                    entry.answers().stream().filter(Answered::remember)
                            .forEach(one -> effects.merge(one.id(), 1, Integer::sum));
                }
            }
            for (Node node : nodes) {
                assertEquals(state.image(), node.core.state().image());
                assertEquals(state.remembered().ids(), node.core.state().remembered().ids());
                assertEquals(Long.MAX_VALUE, node.core.nextMs(), "nothing waits any more");
                node.proposed.forEach((ticket, id) -> node.check(ticket, effects.getOrDefault(id, 0)));
            }
            effects.values().forEach(times -> assertEquals(1, times, "done once"));
        }

        private static QuorumState.Applied apply(QuorumState state, QuorumEntry entry) {
            try {
                return state.apply(entry);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private final class Node {
            private final int id;
            private final Map<Long, QuorumOutcome> answers = new TreeMap<>();
            private final Map<Long, ProposalId> proposed = new TreeMap<>();
            private final Map<Long, MetadataCommand<?>> commands = new TreeMap<>();
            private final QuorumCore core;
            private int applied;
            private long lastVersion;

            Node(int id) {
                this.id = id;
                core = new QuorumCore(new ControllerCore(random, TopicConfig::problem), id, QuorumState.EMPTY,
                        this::perform);
            }

            long propose() {
                long ticket = tickets++;
                MetadataCommand<?> command = command();
                commands.put(ticket, command);
                proposed.put(ticket, new ProposalId(id, proposed.size() + 1));
                core.propose(ticket, command, nowMs + 100 + random.nextInt(calm ? 1 : 900) + (calm ? 5_000 : 0), nowMs);
                return ticket;
            }

            private MetadataCommand<?> command() {
                String topic = "t" + random.nextInt(3);
                return switch (random.nextInt(6)) {
                    case 0 -> new RegisterBroker(
                            Registration.alone(id, new UUID(id, random.nextInt(3))), new TreeMap<>(), true);
                    case 1 -> new CreateTopics(List.of(new NewTopic(topic, 2, new TreeMap<>())), false);
                    case 2 -> new DeleteTopics(List.of(new TopicRef(topic, null)));
                    case 3 -> new ConfigureTopic(topic, new TreeMap<>(Map.of("retention.ms",
                            Integer.toString(random.nextInt(1_000_000)))), false, false);
                    default -> new TakeProducerIds(1 + random.nextInt(9));
                };
            }

            void catchUp() {
                int until = calm ? log.size() : Math.min(log.size(), applied + 1 + random.nextInt(3));
                while (applied < until) {
                    QuorumEntry entry = log.get(applied++);
                    core.applied(entry, apply(core.state(), entry), nowMs);
                    forward();
                }
            }

            void restore(Node from) {
                if (from.applied > applied) {
                    applied = from.applied;
                    try {
                        core.restored(QuorumState.restore(from.core.state().snapshot()), nowMs);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    forward();
                }
            }

            private void forward() {
                long version = core.state().image().version();
                assertTrue(version >= lastVersion, "the image goes forward");
                lastVersion = version;
            }

            private void perform(QuorumEffect effect) {
                switch (effect) {
                    case QuorumEffect.Answer(long ticket, QuorumOutcome outcome) -> answered(ticket, outcome);
                    case QuorumEffect.Submit submit -> submit(submit);
                    case QuorumEffect.Forward forward -> handOver(forward);
                }
            }

            private void answered(long ticket, QuorumOutcome outcome) {
                Asker other = foreign.remove(ticket);
                if (other != null) {
                    other.answered(outcome);
                    return;
                }
                assertNotNull(commands.get(ticket), "a ticket of this node, answered here");
                assertNull(answers.put(ticket, outcome), "answered once");
                if (outcome instanceof Done done) {
                    assertTrue(core.state().image().version() >= done.version(), "the image shows what is done");
                }
            }

            private void submit(QuorumEffect.Submit submit) {
                QuorumEntry entry;
                try {
                    entry = QuorumEntry.decode(submit.encoded());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                assertEquals(submit.entry(), entry);
                if (chance(15)) {
                    later(() -> core.notSubmitted(submit.submission(), true, nowMs));
                    return;
                }
                if (chance(25)) {
                    later(() -> core.notSubmitted(submit.submission(), false, nowMs));
                }
                if (!chance(15)) {
                    later(() -> log.add(entry));
                }
                if (chance(10)) {
                    later(() -> log.add(entry));
                }
            }

            private void handOver(QuorumEffect.Forward forward) {
                if (chance(10)) {
                    later(() -> core.forwarded(forward.attempt(), null, nowMs));
                    return;
                }
                if (chance(15)) {
                    later(() -> core.forwarded(forward.attempt(),
                            new Unknown(ErrorCode.NETWORK_EXCEPTION, "broken"), nowMs));
                }
                if (!chance(15)) {
                    later(() -> arrive(forward));
                }
                if (chance(10)) {
                    later(() -> arrive(forward));
                }
            }

            private void arrive(QuorumEffect.Forward forward) {
                long ticket = tickets++;
                foreign.put(ticket, outcome -> {
                    if (!chance(20)) {
                        later(() -> core.forwarded(forward.attempt(), outcome, nowMs));
                    }
                });
                Proposal sent = forward.proposal();
                try {
                    Proposal come = new Proposal(
                            sent.id(), sent.since(), CommandCodec.decode(sent.encoded()), sent.encoded());
                    nodes.get(forward.controller()).core.handedOver(
                            ticket, come, nowMs + forward.remainingMs(), nowMs);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }

            void check(long ticket, int effects) {
                QuorumOutcome outcome = answers.get(ticket);
                assertNotNull(outcome, "answered");
                switch (outcome) {
                    case Done done -> {
                        if (commands.get(ticket) instanceof TakeProducerIds) {
                            assertEquals(1, effects, "what was committed is there");
                        }
                        assertTrue(done.version() <= core.state().image().version());
                    }
                    case Refused _ -> assertEquals(0, effects, "what was refused never comes");
                    case Unknown _ -> assertTrue(effects <= 1);
                    case QuorumOutcome.Elsewhere _ -> throw new AssertionError("told to a proposer");
                }
            }
        }
    }
}
