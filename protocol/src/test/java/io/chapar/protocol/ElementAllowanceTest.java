package io.chapar.protocol;

import io.chapar.protocol.message.FindCoordinatorRequest;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.Collections;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/// What a message becomes in memory is bounded by what its reader allows, not by its bytes alone.
class ElementAllowanceTest {
    private static final short VERSION = 4;

    private static ByteBuffer keys(int count) {
        WireWriter out = new WireWriter();
        FindCoordinatorRequest.builder().coordinatorKeys(Collections.nCopies(count, "k")).build().write(out, VERSION);
        return out.toBuffer();
    }

    @Test
    void asManyElementsAsAllowedAreRead() {
        WireReader in = new WireReader(keys(1000), 1000);
        assertEquals(1000, FindCoordinatorRequest.read(in, VERSION).coordinatorKeys().size());
        assertEquals(1000, in.elements());
    }

    @Test
    void oneMoreIsRefusedBeforeTheFirstIsMade() {
        WireReader in = new WireReader(keys(4_000_000), 3_999_999);
        assertThrows(TooManyElementsException.class, () -> FindCoordinatorRequest.read(in, VERSION));
        assertEquals(0, in.elements());
    }

    @Test
    void theAllowanceIsForAllListsTogether() {
        ByteBuffer bytes = ByteBuffer.allocate(64).put((byte) 4).put(new byte[3]).put((byte) 3).put(new byte[2]).flip();
        WireReader in = new WireReader(bytes, 4);
        assertEquals(3, in.list(true, WireReader::int8).size());
        assertThrows(TooManyElementsException.class, () -> in.list(true, WireReader::int8));
    }

    @Test
    void whatIsLongIsWrittenInPartsAndReadAsOne() {
        int count = 3 << 20;
        FindCoordinatorRequest read = FindCoordinatorRequest.read(new WireReader(keys(count)), VERSION);
        assertEquals(Collections.nCopies(count, "k"), read.coordinatorKeys());
    }
}
