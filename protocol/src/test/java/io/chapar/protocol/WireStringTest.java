package io.chapar.protocol;

import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/// What is read in the flexible form can be written in the older one: a longer string is refused where it comes in.
class WireStringTest {
    private static WireReader flexible(int length) {
        int oneMore = length + 1;
        ByteBuffer bytes = ByteBuffer.allocate(3 + length)
                .put((byte) (oneMore | 0x80))
                .put((byte) ((oneMore >>> 7) | 0x80))
                .put((byte) (oneMore >>> 14))
                .put("x".repeat(length).getBytes(StandardCharsets.US_ASCII));
        return new WireReader(bytes.flip());
    }

    @Test
    void theLongestStringIsThatOfTheOlderForm() {
        String longest = flexible(Short.MAX_VALUE).string(true);
        assertEquals(Short.MAX_VALUE, longest.length());
        WireWriter out = new WireWriter();
        out.string(longest, false);
        assertEquals(2 + Short.MAX_VALUE, out.size());
        assertThrows(MalformedMessageException.class, () -> flexible(Short.MAX_VALUE + 1).string(true));
    }
}
