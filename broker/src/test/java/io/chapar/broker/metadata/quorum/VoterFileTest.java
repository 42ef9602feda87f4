package io.chapar.broker.metadata.quorum;

import io.chapar.broker.config.HostPort;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.zip.CRC32C;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

class VoterFileTest {
    @TempDir
    Path folder;

    private static Membership membership() {
        return new Membership(new UUID(8, 9), new UUID(1, 2), List.of(
                new Voter(1, new UUID(3, 4), new HostPort("a", 9093)),
                new Voter(2, new UUID(5, 6), new HostPort("b", 65535))));
    }

    @Test
    void aFolderKeepsItsIdAndWhereItBelongs() throws IOException {
        VoterIdentity begun = VoterFile.open(folder, new UUID(3, 4));
        assertNull(begun.membership());
        assertEquals(begun, VoterFile.open(folder, new UUID(9, 9)));
        VoterIdentity belongs = new VoterIdentity(begun.folder(), membership(), null);
        VoterFile.write(folder, belongs);
        assertEquals(belongs, VoterFile.open(folder, new UUID(9, 9)));
    }

    /// The bytes of the release before.
    @Test
    void aFileWithoutAClusterIsOfTheClusterOfItsGroup() throws IOException {
        ByteBuffer said = VoterFile.encode(new VoterIdentity(
                new UUID(3, 4), new Membership(new UUID(1, 2), new UUID(1, 2), membership().voters()), null));
        byte[] old = new byte[said.remaining() - 16 - 1];
        said.get(0, old, 0, 17).get(33, old, 17, old.length - 17);
        CRC32C crc = new CRC32C();
        crc.update(old);
        Files.write(folder.resolve(VoterFile.NAME), ByteBuffer.allocate(12 + old.length)
                .put("CHAPARV1".getBytes(StandardCharsets.US_ASCII)).putInt((int) crc.getValue()).put(old).array());
        VoterIdentity read = VoterFile.open(folder, new UUID(9, 9));
        assertEquals(new Membership(new UUID(1, 2), new UUID(1, 2), membership().voters()), read.membership());
        assertEquals(new UUID(3, 4), read.folder());
    }

    @Test
    void whateverIsSpoiltIsNotBelieved() throws IOException {
        VoterFile.write(folder, new VoterIdentity(new UUID(3, 4), membership(), null));
        Path file = folder.resolve(VoterFile.NAME);
        byte[] whole = Files.readAllBytes(file);
        for (int at = 0; at < whole.length; at++) {
            byte[] spoilt = whole.clone();
            spoilt[at] ^= 4;
            Files.write(file, spoilt);
            assertThrows(IOException.class, () -> VoterFile.open(folder, new UUID(9, 9)));
        }
        Files.write(file, new byte[0]);
        assertThrows(IOException.class, () -> VoterFile.open(folder, new UUID(9, 9)));
    }

    @Test
    void aQuorumHasOneToFiveVotersAndEachOnce() {
        Voter one = new Voter(1, new UUID(3, 4), new HostPort("a", 1));
        assertThrows(IllegalArgumentException.class, () -> new Membership(new UUID(8, 9), new UUID(1, 2), List.of()));
        assertThrows(IllegalArgumentException.class,
                () -> new Membership(new UUID(8, 9), new UUID(1, 2), List.of(one, one)));
        Voter six = new Voter(12, new UUID(3, 4), new HostPort("::1", 9093));
        assertEquals(six, Voter.of(six.name(), "::1:9093"));
        assertEquals(12, Voter.nodeOf(new Voter(12, new UUID(3, 4), one.at()).name()));
    }
}
