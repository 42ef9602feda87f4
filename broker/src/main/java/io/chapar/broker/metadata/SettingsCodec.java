package io.chapar.broker.metadata;

import io.chapar.broker.metadata.MetadataCommand.AlterQuotas;
import io.chapar.broker.metadata.MetadataCommand.Configure;
import io.chapar.broker.metadata.MetadataCommand.FeatureWish;
import io.chapar.broker.metadata.MetadataCommand.FinalizeFeatures;
import io.chapar.broker.metadata.MetadataCommand.Outcome;
import io.chapar.broker.metadata.MetadataCommand.QuotaWish;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// The bytes of settings, quotas and features, in commands ([CommandCodec]) and in records ([MetadataCodec]).
///
/// ```
/// owner  = kind u8 | name string
/// entity = user, client id, address: each a string that may be null
/// quotas = count i32 | (name string | is there u8 | f64 bits)
/// ```
final class SettingsCodec {
    private SettingsCodec() {}

    static void writeOwner(ConfigOwner owner, DataOutputStream out) throws IOException {
        out.writeByte(owner.kind().code());
        CommandCodec.writeText(owner.name(), out);
    }

    static ConfigOwner readOwner(DataInputStream in) throws IOException {
        byte code = in.readByte();
        ConfigOwner.Kind kind = ConfigOwner.Kind.of(code);
        if (kind == null) {
            throw new IOException("nothing of kind " + code + " has settings");
        }
        return new ConfigOwner(kind, CommandCodec.readText(in));
    }

    static void writeEntity(QuotaEntity entity, DataOutputStream out) throws IOException {
        CommandCodec.writeMaybe(entity.user(), out);
        CommandCodec.writeMaybe(entity.clientId(), out);
        CommandCodec.writeMaybe(entity.ip(), out);
    }

    static QuotaEntity readEntity(DataInputStream in) throws IOException {
        return new QuotaEntity(CommandCodec.readMaybe(in), CommandCodec.readMaybe(in), CommandCodec.readMaybe(in));
    }

    static void writeQuotas(SortedMap<String, Double> quotas, DataOutputStream out) throws IOException {
        out.writeInt(quotas.size());
        for (var quota : quotas.entrySet()) {
            CommandCodec.writeText(quota.getKey(), out);
            Double value = quota.getValue();
            out.writeBoolean(value != null);
            if (value != null) {
                out.writeDouble(value);
            }
        }
    }

    /// @param mayDrop whether one may have no value
    static SortedMap<String, Double> readQuotas(DataInputStream in, boolean mayDrop) throws IOException {
        SortedMap<String, @Nullable Double> quotas = new TreeMap<>();
        int count = in.readInt();
        for (int i = 0; i < count; i++) {
            String name = CommandCodec.readText(in);
            Double value = in.readBoolean() ? in.readDouble() : null;
            if (value == null && !mayDrop) {
                throw new IOException("the quota " + name + " has no value");
            }
            quotas.put(name, value);
        }
        return quotas;
    }

    // ---- commands

    static void write(Configure command, DataOutputStream out) throws IOException {
        writeOwner(command.owner(), out);
        CommandCodec.writeSettings(command.changes(), out);
        out.writeBoolean(command.replace());
        out.writeBoolean(command.validateOnly());
    }

    static Configure readConfigure(DataInputStream in) throws IOException {
        return new Configure(
                readOwner(in), CommandCodec.readSettings(in, true), in.readBoolean(), in.readBoolean());
    }

    static void write(AlterQuotas command, DataOutputStream out) throws IOException {
        out.writeInt(command.wishes().size());
        for (QuotaWish wish : command.wishes()) {
            writeEntity(wish.entity(), out);
            writeQuotas(wish.changes(), out);
        }
        out.writeBoolean(command.validateOnly());
    }

    static AlterQuotas readAlterQuotas(DataInputStream in) throws IOException {
        return new AlterQuotas(
                CommandCodec.readList(in, wish -> new QuotaWish(readEntity(wish), readQuotas(wish, true))),
                in.readBoolean());
    }

    static void write(FinalizeFeatures command, DataOutputStream out) throws IOException {
        out.writeInt(command.wishes().size());
        for (FeatureWish wish : command.wishes()) {
            CommandCodec.writeText(wish.name(), out);
            out.writeShort(wish.level());
            out.writeBoolean(wish.isDowngrade());
        }
        out.writeBoolean(command.validateOnly());
    }

    static FinalizeFeatures readFinalizeFeatures(DataInputStream in) throws IOException {
        return new FinalizeFeatures(
                CommandCodec.readList(in, wish ->
                        new FeatureWish(CommandCodec.readText(wish), wish.readShort(), wish.readBoolean())),
                in.readBoolean());
    }

    // ---- answers

    static void writeOutcome(Outcome outcome, DataOutputStream out) throws IOException {
        out.writeShort(outcome.error().code());
        CommandCodec.writeMaybe(outcome.message(), out);
    }

    static Outcome readOutcome(DataInputStream in) throws IOException {
        return new Outcome(ErrorCode.of(in.readShort()), CommandCodec.readMaybe(in));
    }

    static void writeOutcomes(List<?> outcomes, DataOutputStream out) throws IOException {
        out.writeInt(outcomes.size());
        for (Object outcome : outcomes) {
            writeOutcome((Outcome) outcome, out);
        }
    }

    static List<Outcome> readOutcomes(DataInputStream in) throws IOException {
        return CommandCodec.readList(in, SettingsCodec::readOutcome);
    }
}
