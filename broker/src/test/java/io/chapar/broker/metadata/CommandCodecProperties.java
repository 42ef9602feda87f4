package io.chapar.broker.metadata;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.metadata.MetadataCommand.AddPartitions;
import io.chapar.broker.metadata.MetadataCommand.AdvanceReassignments;
import io.chapar.broker.metadata.MetadataCommand.AlterQuotas;
import io.chapar.broker.metadata.MetadataCommand.AlterReassignments;
import io.chapar.broker.metadata.MetadataCommand.ChangeIsr;
import io.chapar.broker.metadata.MetadataCommand.Configure;
import io.chapar.broker.metadata.MetadataCommand.ConfigureTopic;
import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.DeleteTopics;
import io.chapar.broker.metadata.MetadataCommand.ElectLeaders;
import io.chapar.broker.metadata.MetadataCommand.ElectionKind;
import io.chapar.broker.metadata.MetadataCommand.FeatureWish;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.FinalizeFeatures;
import io.chapar.broker.metadata.MetadataCommand.InSync;
import io.chapar.broker.metadata.MetadataCommand.IsrOutcome;
import io.chapar.broker.metadata.MetadataCommand.IsrWish;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.Outcome;
import io.chapar.broker.metadata.MetadataCommand.ProducerIdBlock;
import io.chapar.broker.metadata.MetadataCommand.QuotaWish;
import io.chapar.broker.metadata.MetadataCommand.ReassignmentWish;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataCommand.RemoveBroker;
import io.chapar.broker.metadata.MetadataCommand.Replicas;
import io.chapar.broker.metadata.MetadataCommand.TakeProducerIds;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataCommand.TopicRef;
import io.chapar.broker.metadata.MetadataCommand.UnfenceBroker;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

class CommandCodecProperties {
    private static final int KINDS = MetadataCommand.class.getPermittedSubclasses().length;

    @Property(tries = 100)
    void everyCommandComesBackAsItWas(@ForAll long seed) throws IOException {
        Some some = new Some(new Random(seed));
        for (int kind = 0; kind < KINDS; kind++) {
            MetadataCommand<?> command = some.command(kind);
            assertEquals(command, CommandCodec.decode(CommandCodec.encode(command)));
            answerComesBack(command, some);
        }
    }

    @SuppressWarnings("unchecked") // the answer is drawn for this command
    private static <R> void answerComesBack(MetadataCommand<R> command, Some some) throws IOException {
        R answer = (R) some.answer(command);
        assertEquals(answer, CommandCodec.decodeAnswer(command, CommandCodec.encodeAnswer(command, answer)));
    }

    @Property(tries = 300)
    void bytesThatAreNoCommandAreRefused(@ForAll long seed) throws IOException {
        Random random = new Random(seed);
        ByteBuffer whole = CommandCodec.encode(new Some(random).command(random.nextInt(KINDS)));
        ByteBuffer torn = whole.slice(0, random.nextInt(whole.remaining()));
        assertThrows(IOException.class, () -> CommandCodec.decode(torn));
        byte[] longer = new byte[whole.remaining() + 1];
        whole.get(longer, 0, longer.length - 1);
        assertThrows(IOException.class, () -> CommandCodec.decode(ByteBuffer.wrap(longer)));
    }

    /// Anything but an [IOException] would stop the loop that reads what a peer sent.
    @Property(tries = 500)
    void whateverIsSentIsACommandOrRefused(@ForAll long seed) {
        Random random = new Random(seed);
        ByteBuffer whole = CommandCodec.encode(new Some(random).command(random.nextInt(KINDS)));
        byte[] spoilt = new byte[whole.remaining()];
        whole.get(spoilt);
        spoilt[random.nextInt(spoilt.length)] ^= (byte) (1 << random.nextInt(8));
        MetadataCommand<?> command = null;
        try {
            command = CommandCodec.decode(ByteBuffer.wrap(spoilt));
        } catch (IOException e) {
            assertNotNull(e);
        }
        if (command != null) {
            assertEquals(command, decoded(CommandCodec.encode(command)));
        }
    }

    private static MetadataCommand<?> decoded(ByteBuffer bytes) {
        try {
            return CommandCodec.decode(bytes);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /// Draws commands and answers.
    private record Some(Random random) {
        MetadataCommand<?> command(int kind) {
            return switch (kind) {
                case 0 -> {
                    SortedMap<String, Short> features = new TreeMap<>();
                    list(3, () -> features.put(text(), (short) random.nextInt(5)));
                    yield new RegisterBroker(registration(), features, random.nextBoolean(), list(3, this::id));
                }
                case 1 -> new FenceBroker(random.nextInt(), random.nextLong());
                case 2 -> new UnfenceBroker(random.nextInt(), random.nextLong());
                case 3 -> new ChangeIsr(random.nextInt(), random.nextLong(), list(4, () -> new IsrWish(
                        id(), random.nextInt(), random.nextInt(), random.nextInt(),
                        list(3, () -> new InSync(random.nextInt(), random.nextLong())), random.nextBoolean())));
                case 4 -> new CreateTopics(list(4, () -> new NewTopic(
                        text(), random.nextInt(), replicas(), settings(false))), random.nextBoolean());
                case 5 -> new DeleteTopics(list(4, this::ref));
                case 6 -> new AddPartitions(
                        text(), random.nextInt(), random.nextBoolean() ? null : assigned(), random.nextBoolean());
                case 7 -> new ConfigureTopic(text(), settings(true), random.nextBoolean(), random.nextBoolean());
                case 8 -> new TakeProducerIds(1 + random.nextInt(Integer.MAX_VALUE));
                case 9 -> new ElectLeaders(
                        random.nextBoolean() ? ElectionKind.PREFERRED : ElectionKind.UNCLEAN,
                        list(4, () -> new TopicPartition(text(), random.nextInt())));
                case 10 -> new Configure(owner(), settings(true), random.nextBoolean(), random.nextBoolean());
                case 11 -> new AlterQuotas(list(4, () -> new QuotaWish(
                        new QuotaEntity(maybe(text()), maybe(text()), maybe(text())), quotas())), random.nextBoolean());
                case 12 -> new FinalizeFeatures(list(4, () -> new FeatureWish(
                        text(), (short) random.nextInt(), random.nextBoolean())), random.nextBoolean());
                case 13 -> new AlterReassignments(random.nextBoolean(), list(4, () -> new ReassignmentWish(
                        new TopicPartition(text(), random.nextInt()), maybe(list(4, random::nextInt)))));
                case 14 -> new AdvanceReassignments();
                case 15 -> new RemoveBroker(random.nextInt());
                default -> throw new AssertionError("no command " + kind);
            };
        }

        Object answer(MetadataCommand<?> command) {
            return switch (command) {
                case RegisterBroker _ -> new BrokerImage(registration(), random.nextLong(),
                        random.nextBoolean() ? BrokerImage.Standing.ACTIVE : BrokerImage.Standing.FENCED);
                case FenceBroker _ -> error();
                case UnfenceBroker _ -> error();
                case ChangeIsr _ -> list(3, () -> new IsrOutcome(error(), random.nextBoolean() ? null : partition()));
                case ElectLeaders _ -> list(3, this::error);
                case AlterReassignments _ -> list(3, () -> new Outcome(error(), maybe(text())));
                case AdvanceReassignments _ -> random.nextInt();
                case RemoveBroker _ -> new Outcome(error(), maybe(text()));
                case CreateTopics _ -> list(3, this::outcome);
                case DeleteTopics _ -> list(3, this::outcome);
                case AddPartitions _ -> outcome();
                case ConfigureTopic _ -> outcome();
                case TakeProducerIds _ -> new ProducerIdBlock(random.nextLong(), random.nextInt());
                case Configure _ -> done();
                case AlterQuotas _ -> list(3, this::done);
                case FinalizeFeatures _ -> list(3, this::done);
            };
        }

        Outcome done() {
            return new Outcome(error(), maybe(text()));
        }

        ConfigOwner owner() {
            ConfigOwner.Kind[] kinds = ConfigOwner.Kind.values();
            return new ConfigOwner(kinds[random.nextInt(kinds.length)], text());
        }

        SortedMap<String, @Nullable Double> quotas() {
            SortedMap<String, @Nullable Double> quotas = new TreeMap<>();
            list(4, () -> quotas.put(text(), maybe(random.nextDouble())));
            return quotas;
        }

        TopicOutcome outcome() {
            return new TopicOutcome(ref(), error(), maybe(text()), maybe(new TopicImage(
                    id(), text(), list(300, this::partition), settings(false))));
        }

        PartitionImage partition() {
            return new PartitionImage(random.nextInt(3), random.nextInt(2), 7, List.of(0, 1, 2), List.of(1),
                    List.of(2), random.nextInt(4) - 1, random.nextBoolean(),
                    maybe(new Reassignment(List.of(0, 1), List.of(2, random.nextInt(9)))));
        }

        Registration registration() {
            TreeMap<String, FeatureRange> ranges = new TreeMap<>();
            for (int i = random.nextInt(3); i > 0; i--) {
                ranges.put(text(), FeatureRange.of(random.nextInt(9), random.nextInt(99)));
            }
            return new Registration(random.nextInt(), id(), maybe(address()), maybe(address()), maybe(text()), ranges);
        }

        HostPort address() {
            return new HostPort("host" + random.nextInt(), random.nextInt(1 << 16));
        }

        Replicas replicas() {
            return random.nextBoolean() ? new Replicas.Factor(random.nextInt()) : assigned();
        }

        Replicas.Assigned assigned() {
            return new Replicas.Assigned(list(4, () -> list(4, random::nextInt)));
        }

        TopicRef ref() {
            return new TopicRef(maybe(text()), maybe(id()));
        }

        SortedMap<String, @Nullable String> settings(boolean withNulls) {
            SortedMap<String, @Nullable String> settings = new TreeMap<>();
            list(4, () -> settings.put(text(), withNulls ? maybe(text()) : text()));
            return settings;
        }

        ErrorCode error() {
            return List.of(ErrorCode.values()).get(random.nextInt(ErrorCode.values().length));
        }

        UUID id() {
            return new UUID(random.nextLong(), random.nextLong());
        }

        String text() {
            String letters = "aZ.-ß語🐎\n";
            int length = random.nextInt(5);
            return letters.codePoints().skip(random.nextInt(8 - length)).limit(length)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
        }

        <T> @Nullable T maybe(T value) {
            return random.nextBoolean() ? null : value;
        }

        <T> List<T> list(int most, Supplier<T> element) {
            List<T> list = new ArrayList<>();
            for (int i = random.nextInt(most + 1); i > 0; i--) {
                list.add(element.get());
            }
            return list;
        }
    }
}
