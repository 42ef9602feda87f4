package io.chapar.broker.metadata.quorum;

import io.chapar.broker.config.HostPort;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

/// Who this voter is and where it belongs, in its folder and on the way to other voters.
///
/// ```
/// file       = "CHAPARV2" | crc32c i32 over the rest | identity
/// identity   = folder 2 x i64 | belongs u8 | membership, where it belongs | has a seed u8 | seed 2 x i64, where it has
/// membership = cluster 2 x i64 | group 2 x i64 | count u8
///              | (node i32 | folder 2 x i64 | host, modified UTF-8 | port u16)*
/// ```
/// In a file of CHAPARV1 there is no cluster, whose id is the group's then, and nothing behind the membership. The seed
/// is not in the file: it is what the folder has.
///
/// Synced before anybody is told of it, file and folder. Everything here blocks.
final class VoterFile {
    static final String NAME = "voter.id";
    private static final byte[] MAGIC = {'C', 'H', 'A', 'P', 'A', 'R', 'V', '2'};
    private static final byte OLD_VERSION = '1';
    private static final int HEADER = 12;
    private static final int MAX_BYTES = 64 << 10;

    private VoterFile() {}

    /// What the folder says; a new identity is written where it says nothing.
    ///
    /// @param fresh for a folder that was empty
    static VoterIdentity open(Path folder, UUID fresh) throws IOException {
        if (!Files.exists(folder.resolve(NAME))) {
            VoterIdentity begun = new VoterIdentity(fresh, null, null);
            write(folder, begun);
            return begun;
        }
        return read(folder);
    }

    /// What the folder says, which has the file.
    static VoterIdentity read(Path folder) throws IOException {
        Path file = folder.resolve(NAME);
        if (Files.size(file) > MAX_BYTES) {
            throw new IOException("'" + file + "' is too large to be what it should be");
        }
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
        boolean isOld = bytes.remaining() > MAGIC.length && bytes.get(MAGIC.length - 1) == OLD_VERSION;
        int alike = bytes.mismatch(ByteBuffer.wrap(MAGIC));
        if (bytes.remaining() < HEADER || alike < MAGIC.length - (isOld ? 1 : 0)
                || bytes.getInt(MAGIC.length) != crc(bytes)) {
            throw new IOException("'" + file + "' is damaged, or of another release");
        }
        return decode(bytes.slice(HEADER, bytes.limit() - HEADER), isOld);
    }

    static void write(Path folder, VoterIdentity identity) throws IOException {
        Files.createDirectories(folder);
        ByteBuffer said = encode(new VoterIdentity(identity.folder(), identity.membership(), null));
        ByteBuffer whole = ByteBuffer.allocate(HEADER + said.remaining()).put(MAGIC).putInt(0).put(said).flip();
        whole.putInt(MAGIC.length, crc(whole));
        Path next = folder.resolve(NAME + ".new");
        try (FileChannel file = FileChannel.open(next, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                StandardOpenOption.TRUNCATE_EXISTING)) {
            while (whole.hasRemaining()) {
                file.write(whole);
            }
            file.force(true);
        }
        Files.move(next, folder.resolve(NAME), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    private static int crc(ByteBuffer whole) {
        CRC32C crc = new CRC32C();
        crc.update(whole.slice(HEADER, whole.limit() - HEADER));
        return (int) crc.getValue();
    }

    static ByteBuffer encode(VoterIdentity identity) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            write(identity.folder(), out);
            Membership membership = identity.membership();
            out.writeBoolean(membership != null);
            if (membership != null) {
                write(membership.cluster(), out);
                write(membership.group(), out);
                out.writeByte(membership.voters().size());
                for (Voter voter : membership.voters()) {
                    out.writeInt(voter.node());
                    write(voter.folder(), out);
                    out.writeUTF(voter.at().host());
                    out.writeShort(voter.at().port());
                }
            }
            UUID seed = identity.seed();
            out.writeBoolean(seed != null);
            if (seed != null) {
                write(seed, out);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ByteBuffer.wrap(bytes.toByteArray());
    }

    /// Throws [IOException] when the bytes are not what [#encode] makes.
    static VoterIdentity decode(ByteBuffer bytes) throws IOException {
        return decode(bytes, false);
    }

    private static VoterIdentity decode(ByteBuffer bytes, boolean isOld) throws IOException {
        byte[] all = new byte[Math.min(bytes.remaining(), MAX_BYTES)];
        bytes.duplicate().get(all);
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(all));
        UUID folder = readId(in);
        Membership membership = in.readBoolean() ? readMembership(in, isOld) : null;
        UUID seed = !isOld && in.readBoolean() ? readId(in) : null;
        if (in.available() != 0) {
            throw new IOException(in.available() + " bytes too many behind a voter's identity");
        }
        return new VoterIdentity(folder, membership, seed);
    }

    private static Membership readMembership(DataInputStream in, boolean isOld) throws IOException {
        UUID cluster = readId(in);
        UUID group = isOld ? cluster : readId(in);
        int count = in.readUnsignedByte();
        List<Voter> voters = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            voters.add(new Voter(in.readInt(), readId(in), new HostPort(in.readUTF(), in.readUnsignedShort())));
        }
        try {
            return new Membership(cluster, group, voters);
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static void write(UUID id, DataOutputStream out) throws IOException {
        out.writeLong(id.getMostSignificantBits());
        out.writeLong(id.getLeastSignificantBits());
    }

    private static UUID readId(DataInputStream in) throws IOException {
        return new UUID(in.readLong(), in.readLong());
    }
}
