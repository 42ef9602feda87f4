package io.chapar.broker.metadata;

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
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.FinalizeFeatures;
import io.chapar.broker.metadata.MetadataCommand.InSync;
import io.chapar.broker.metadata.MetadataCommand.IsrOutcome;
import io.chapar.broker.metadata.MetadataCommand.IsrWish;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.Outcome;
import io.chapar.broker.metadata.MetadataCommand.ProducerIdBlock;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataCommand.RemoveBroker;
import io.chapar.broker.metadata.MetadataCommand.Replicas;
import io.chapar.broker.metadata.MetadataCommand.TakeProducerIds;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataCommand.TopicRef;
import io.chapar.broker.metadata.MetadataCommand.UnfenceBroker;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

import static java.nio.charset.StandardCharsets.UTF_8;

/// The bytes of commands, and of their answers, on their way between the broker that wishes and the one that decides.
///
/// ```
/// command = type u8 | fields in the order of the record
/// answer  = the fields of the command's result; nothing says which command it answers
/// string  = length i32 | UTF-8         list = count i32 | elements         may be null = is there u8 | value
/// ```
/// Unlike in [MetadataCodec], strings may be as long as clients like: what does not fit into a record is refused by
/// whoever decides. Nothing is made room for before its bytes are there.
public final class CommandCodec {
    private CommandCodec() {}

    private interface Writing {
        void to(DataOutputStream out) throws IOException;
    }

    interface Reading<T> {
        T from(DataInputStream in) throws IOException;
    }

    public static ByteBuffer encode(MetadataCommand<?> command) {
        return bytes(out -> write(command, out));
    }

    /// Throws [IOException] when the bytes are not what [#encode] makes.
    public static MetadataCommand<?> decode(ByteBuffer bytes) throws IOException {
        return read(bytes, CommandCodec::readCommand);
    }

    public static <R> ByteBuffer encodeAnswer(MetadataCommand<R> command, R answer) {
        return bytes(out -> {
            switch (command) {
                case RegisterBroker _ -> writeBroker((BrokerImage) answer, out);
                case FenceBroker _ -> out.writeShort(((ErrorCode) answer).code());
                case UnfenceBroker _ -> out.writeShort(((ErrorCode) answer).code());
                case ChangeIsr _ -> writeIsrOutcomes((List<?>) answer, out);
                case ElectLeaders _ -> writeErrors((List<?>) answer, out);
                case AlterReassignments _ -> SettingsCodec.writeOutcomes((List<?>) answer, out);
                case AdvanceReassignments _ -> out.writeInt((Integer) answer);
                case RemoveBroker _ -> SettingsCodec.writeOutcome((Outcome) answer, out);
                case CreateTopics _ -> writeTopicOutcomes((List<?>) answer, out);
                case DeleteTopics _ -> writeTopicOutcomes((List<?>) answer, out);
                case AddPartitions _ -> writeOutcome((TopicOutcome) answer, out);
                case ConfigureTopic _ -> writeOutcome((TopicOutcome) answer, out);
                case Configure _ -> SettingsCodec.writeOutcome((Outcome) answer, out);
                case AlterQuotas _ -> SettingsCodec.writeOutcomes((List<?>) answer, out);
                case FinalizeFeatures _ -> SettingsCodec.writeOutcomes((List<?>) answer, out);
                case TakeProducerIds _ -> {
                    ProducerIdBlock block = (ProducerIdBlock) answer;
                    out.writeLong(block.first());
                    out.writeInt(block.count());
                }
            }
        });
    }

    /// Throws [IOException] when the bytes are not what [#encodeAnswer] makes for that command.
    @SuppressWarnings("unchecked") // each case reads the result of its own command
    public static <R> R decodeAnswer(MetadataCommand<R> command, ByteBuffer bytes) throws IOException {
        return (R) read(bytes, in -> switch (command) {
            case RegisterBroker _ -> readBroker(in);
            case FenceBroker _ -> ErrorCode.of(in.readShort());
            case UnfenceBroker _ -> ErrorCode.of(in.readShort());
            case ChangeIsr _ -> readList(in, CommandCodec::readIsrOutcome);
            case ElectLeaders _ -> readList(in, errors -> ErrorCode.of(errors.readShort()));
            case AlterReassignments _ -> SettingsCodec.readOutcomes(in);
            case AdvanceReassignments _ -> in.readInt();
            case RemoveBroker _ -> SettingsCodec.readOutcome(in);
            case CreateTopics _ -> readList(in, CommandCodec::readOutcome);
            case DeleteTopics _ -> readList(in, CommandCodec::readOutcome);
            case AddPartitions _ -> readOutcome(in);
            case ConfigureTopic _ -> readOutcome(in);
            case Configure _ -> SettingsCodec.readOutcome(in);
            case AlterQuotas _ -> SettingsCodec.readOutcomes(in);
            case FinalizeFeatures _ -> SettingsCodec.readOutcomes(in);
            case TakeProducerIds _ -> new ProducerIdBlock(in.readLong(), in.readInt());
        });
    }

    private static ByteBuffer bytes(Writing writing) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            writing.to(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ByteBuffer.wrap(bytes.toByteArray()).asReadOnlyBuffer();
    }

    private static <T> T read(ByteBuffer bytes, Reading<T> reading) throws IOException {
        byte[] all = new byte[bytes.remaining()];
        bytes.duplicate().get(all);
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(all));
        T value;
        try {
            value = reading.from(in);
        } catch (IllegalArgumentException e) {
            throw new IOException(e);
        }
        if (in.available() != 0) {
            throw new IOException(in.available() + " bytes too many");
        }
        return value;
    }

    // ---- commands

    private static void write(MetadataCommand<?> command, DataOutputStream out) throws IOException {
        switch (command) {
            case RegisterBroker c -> {
                out.writeByte(1);
                MetadataCodec.write(c.registration(), out);
                out.writeInt(c.features().size());
                for (var feature : c.features().entrySet()) {
                    out.writeUTF(feature.getKey());
                    out.writeShort(feature.getValue());
                }
                out.writeBoolean(c.isNothingLost());
                out.writeInt(c.lives().size());
                for (UUID life : c.lives()) {
                    MetadataCodec.writeId(life, out);
                }
            }
            case FenceBroker c -> {
                out.writeByte(2);
                out.writeInt(c.node());
                out.writeLong(c.epoch());
            }
            case UnfenceBroker c -> {
                out.writeByte(3);
                out.writeInt(c.node());
                out.writeLong(c.epoch());
            }
            case ChangeIsr c -> {
                out.writeByte(4);
                out.writeInt(c.leader());
                out.writeLong(c.leaderLife());
                out.writeInt(c.wishes().size());
                for (IsrWish wish : c.wishes()) {
                    writeWish(wish, out);
                }
            }
            case CreateTopics c -> {
                out.writeByte(5);
                out.writeInt(c.topics().size());
                for (NewTopic topic : c.topics()) {
                    writeText(topic.name(), out);
                    out.writeInt(topic.partitions());
                    writeReplicas(topic.replicas(), out);
                    writeSettings(topic.config(), out);
                }
                out.writeBoolean(c.validateOnly());
            }
            case DeleteTopics c -> {
                out.writeByte(6);
                out.writeInt(c.topics().size());
                for (TopicRef topic : c.topics()) {
                    writeRef(topic, out);
                }
            }
            case AddPartitions c -> {
                out.writeByte(7);
                writeText(c.topic(), out);
                out.writeInt(c.total());
                out.writeBoolean(c.replicas() != null);
                if (c.replicas() != null) {
                    writeReplicas(c.replicas(), out);
                }
                out.writeBoolean(c.validateOnly());
            }
            case ConfigureTopic c -> {
                out.writeByte(8);
                writeText(c.topic(), out);
                writeSettings(c.changes(), out);
                out.writeBoolean(c.replace());
                out.writeBoolean(c.validateOnly());
            }
            case TakeProducerIds c -> {
                out.writeByte(9);
                out.writeInt(c.count());
            }
            case Configure c -> {
                out.writeByte(20);
                SettingsCodec.write(c, out);
            }
            case AlterQuotas c -> {
                out.writeByte(21);
                SettingsCodec.write(c, out);
            }
            case FinalizeFeatures c -> {
                out.writeByte(22);
                SettingsCodec.write(c, out);
            }
            case AlterReassignments c -> {
                out.writeByte(11);
                ReassignmentCodec.write(c, out);
            }
            case AdvanceReassignments _ -> out.writeByte(12);
            case RemoveBroker c -> {
                out.writeByte(13);
                out.writeInt(c.node());
            }
            case ElectLeaders c -> {
                out.writeByte(10);
                out.writeBoolean(c.kind() == ElectionKind.UNCLEAN);
                out.writeInt(c.partitions().size());
                for (TopicPartition partition : c.partitions()) {
                    writeText(partition.topic(), out);
                    out.writeInt(partition.partition());
                }
            }
        }
    }

    private static MetadataCommand<?> readCommand(DataInputStream in) throws IOException {
        int type = in.readUnsignedByte();
        return switch (type) {
            case 1 -> new RegisterBroker(MetadataCodec.readRegistration(in), readFeatures(in), in.readBoolean(),
                    readList(in, MetadataCodec::readId));
            case 2 -> new FenceBroker(in.readInt(), in.readLong());
            case 3 -> new UnfenceBroker(in.readInt(), in.readLong());
            case 4 -> new ChangeIsr(in.readInt(), in.readLong(), readList(in, CommandCodec::readWish));
            case 5 -> new CreateTopics(readList(in, CommandCodec::readNewTopic), in.readBoolean());
            case 6 -> new DeleteTopics(readList(in, CommandCodec::readRef));
            case 7 -> new AddPartitions(readText(in), in.readInt(), readAssigned(in), in.readBoolean());
            case 8 -> new ConfigureTopic(readText(in), readSettings(in, true), in.readBoolean(), in.readBoolean());
            case 9 -> readTakeProducerIds(in);
            case 10 -> new ElectLeaders(in.readBoolean() ? ElectionKind.UNCLEAN : ElectionKind.PREFERRED,
                    readList(in, partition -> new TopicPartition(readText(partition), partition.readInt())));
            case 11 -> ReassignmentCodec.read(in);
            case 12 -> new AdvanceReassignments();
            case 13 -> new RemoveBroker(in.readInt());
            case 20 -> SettingsCodec.readConfigure(in);
            case 21 -> SettingsCodec.readAlterQuotas(in);
            case 22 -> SettingsCodec.readFinalizeFeatures(in);
            default -> throw new IOException("unknown type " + type + " of a metadata command");
        };
    }

    private static TakeProducerIds readTakeProducerIds(DataInputStream in) throws IOException {
        int count = in.readInt();
        if (count < 1) {
            throw new IOException("nobody takes " + count + " producer ids");
        }
        return new TakeProducerIds(count);
    }

    private static void writeWish(IsrWish wish, DataOutputStream out) throws IOException {
        MetadataCodec.writeId(wish.topicId(), out);
        out.writeInt(wish.partition());
        out.writeInt(wish.leaderEpoch());
        out.writeInt(wish.partitionEpoch());
        out.writeInt(wish.isr().size());
        for (InSync member : wish.isr()) {
            out.writeInt(member.node());
            out.writeLong(member.life());
        }
        out.writeBoolean(wish.recovering());
    }

    private static IsrWish readWish(DataInputStream in) throws IOException {
        return new IsrWish(MetadataCodec.readId(in), in.readInt(), in.readInt(), in.readInt(),
                readList(in, members -> new InSync(members.readInt(), members.readLong())), in.readBoolean());
    }

    private static NewTopic readNewTopic(DataInputStream in) throws IOException {
        return new NewTopic(readText(in), in.readInt(), readReplicas(in), readSettings(in, false));
    }

    /// False and a factor, or true and the brokers of each partition.
    private static void writeReplicas(Replicas replicas, DataOutputStream out) throws IOException {
        switch (replicas) {
            case Replicas.Factor factor -> {
                out.writeBoolean(false);
                out.writeInt(factor.factor());
            }
            case Replicas.Assigned assigned -> {
                out.writeBoolean(true);
                out.writeInt(assigned.byPartition().size());
                for (List<Integer> brokers : assigned.byPartition()) {
                    out.writeInt(brokers.size());
                    for (int broker : brokers) {
                        out.writeInt(broker);
                    }
                }
            }
        }
    }

    private static Replicas readReplicas(DataInputStream in) throws IOException {
        return in.readBoolean()
                ? new Replicas.Assigned(readList(in, partition -> readList(partition, DataInputStream::readInt)))
                : new Replicas.Factor(in.readInt());
    }

    private static Replicas.@Nullable Assigned readAssigned(DataInputStream in) throws IOException {
        if (!in.readBoolean()) {
            return null;
        }
        if (readReplicas(in) instanceof Replicas.Assigned assigned) {
            return assigned;
        }
        throw new IOException("partitions that are added have brokers named or none");
    }

    private static SortedMap<String, Short> readFeatures(DataInputStream in) throws IOException {
        SortedMap<String, Short> features = new TreeMap<>();
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            features.put(in.readUTF(), in.readShort());
        }
        return features;
    }

    // ---- answers

    private static void writeBroker(BrokerImage broker, DataOutputStream out) throws IOException {
        MetadataCodec.write(broker.registration(), out);
        out.writeLong(broker.epoch());
        out.writeByte(broker.standing().code());
    }

    private static BrokerImage readBroker(DataInputStream in) throws IOException {
        return new BrokerImage(MetadataCodec.readRegistration(in), in.readLong(), MetadataCodec.readStanding(in));
    }

    private static void writeIsrOutcomes(List<?> outcomes, DataOutputStream out) throws IOException {
        out.writeInt(outcomes.size());
        for (Object one : outcomes) {
            IsrOutcome outcome = (IsrOutcome) one;
            out.writeShort(outcome.error().code());
            MetadataCodec.writePartitions(
                    outcome.partition() == null ? List.of() : List.of(outcome.partition()), out);
        }
    }

    private static IsrOutcome readIsrOutcome(DataInputStream in) throws IOException {
        ErrorCode error = ErrorCode.of(in.readShort());
        List<PartitionImage> partition = MetadataCodec.readPartitions(in);
        return new IsrOutcome(error, partition.isEmpty() ? null : partition.getFirst());
    }

    private static void writeErrors(List<?> errors, DataOutputStream out) throws IOException {
        out.writeInt(errors.size());
        for (Object error : errors) {
            out.writeShort(((ErrorCode) error).code());
        }
    }

    private static void writeTopicOutcomes(List<?> outcomes, DataOutputStream out) throws IOException {
        out.writeInt(outcomes.size());
        for (Object outcome : outcomes) {
            writeOutcome((TopicOutcome) outcome, out);
        }
    }

    private static void writeOutcome(TopicOutcome outcome, DataOutputStream out) throws IOException {
        writeRef(outcome.asked(), out);
        out.writeShort(outcome.error().code());
        writeMaybe(outcome.message(), out);
        TopicImage topic = outcome.topic();
        out.writeBoolean(topic != null);
        if (topic != null) {
            MetadataCodec.writeId(topic.id(), out);
            writeText(topic.name(), out);
            MetadataCodec.writePartitions(topic.all(), out);
            writeSettings(topic.config(), out);
        }
    }

    private static TopicOutcome readOutcome(DataInputStream in) throws IOException {
        return new TopicOutcome(readRef(in), ErrorCode.of(in.readShort()), readMaybe(in), in.readBoolean()
                ? new TopicImage(MetadataCodec.readId(in), readText(in), MetadataCodec.readPartitions(in),
                        readSettings(in, false))
                : null);
    }

    // ---- what both are made of

    private static void writeRef(TopicRef topic, DataOutputStream out) throws IOException {
        writeMaybe(topic.name(), out);
        out.writeBoolean(topic.id() != null);
        if (topic.id() != null) {
            MetadataCodec.writeId(topic.id(), out);
        }
    }

    private static TopicRef readRef(DataInputStream in) throws IOException {
        return new TopicRef(readMaybe(in), in.readBoolean() ? MetadataCodec.readId(in) : null);
    }

    /// A value may be null: the setting is dropped.
    static void writeSettings(SortedMap<String, String> settings, DataOutputStream out) throws IOException {
        out.writeInt(settings.size());
        for (var setting : settings.entrySet()) {
            writeText(setting.getKey(), out);
            writeMaybe(setting.getValue(), out);
        }
    }

    static SortedMap<String, String> readSettings(DataInputStream in, boolean mayDrop) throws IOException {
        SortedMap<String, @Nullable String> settings = new TreeMap<>();
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            String key = readText(in);
            String value = readMaybe(in);
            if (value == null && !mayDrop) {
                throw new IOException("the setting " + key + " has no value");
            }
            settings.put(key, value);
        }
        return settings;
    }

    static void writeText(String text, DataOutputStream out) throws IOException {
        byte[] bytes = text.getBytes(UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static String readText(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
            throw new IOException("a text of " + length + " bytes in " + in.available());
        }
        return new String(in.readNBytes(length), UTF_8);
    }

    static void writeMaybe(@Nullable String text, DataOutputStream out) throws IOException {
        out.writeBoolean(text != null);
        if (text != null) {
            writeText(text, out);
        }
    }

    static @Nullable String readMaybe(DataInputStream in) throws IOException {
        return in.readBoolean() ? readText(in) : null;
    }

    static <T> List<T> readList(DataInputStream in, Reading<T> element) throws IOException {
        List<T> list = new ArrayList<>();
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            list.add(element.from(in));
        }
        return list;
    }
}
