package io.chapar.broker.metadata;

import io.chapar.broker.metadata.MetadataCommand.AlterReassignments;
import io.chapar.broker.metadata.MetadataCommand.ReassignmentWish;
import io.chapar.protocol.TopicPartition;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;

/// The bytes of wishes for other replicas, in the form of [CommandCodec].
final class ReassignmentCodec {
    private ReassignmentCodec() {}

    static void write(AlterReassignments command, DataOutputStream out) throws IOException {
        out.writeBoolean(command.mayChangeFactor());
        out.writeInt(command.wishes().size());
        for (ReassignmentWish wish : command.wishes()) {
            CommandCodec.writeText(wish.partition().topic(), out);
            out.writeInt(wish.partition().partition());
            List<Integer> to = wish.to();
            out.writeBoolean(to != null);
            if (to != null) {
                out.writeInt(to.size());
                for (int broker : to) {
                    out.writeInt(broker);
                }
            }
        }
    }

    static AlterReassignments read(DataInputStream in) throws IOException {
        return new AlterReassignments(in.readBoolean(), CommandCodec.readList(in, ReassignmentCodec::readWish));
    }

    private static ReassignmentWish readWish(DataInputStream in) throws IOException {
        return new ReassignmentWish(new TopicPartition(CommandCodec.readText(in), in.readInt()),
                in.readBoolean() ? CommandCodec.readList(in, DataInputStream::readInt) : null);
    }
}
