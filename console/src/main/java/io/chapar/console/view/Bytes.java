package io.chapar.console.view;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/// Bytes of a record, or the beginning of them: as text where they are UTF-8, else in Base64.
///
/// @param size of all of them
/// @param cut whether there are more than are here
@JsonInclude(JsonInclude.Include.NON_NULL)
record Bytes(@Nullable String text, @Nullable String base64, int size, boolean cut) {

    static @Nullable Bytes of(@Nullable ByteBuffer buffer, int most) {
        if (buffer == null) {
            return null;
        }
        int size = buffer.remaining();
        byte[] bytes = new byte[Math.min(size, most)];
        buffer.duplicate().get(bytes);
        String text = text(bytes, size > most);
        return new Bytes(text, text == null ? Base64.getEncoder().encodeToString(bytes) : null, size, size > most);
    }

    /// Null when they are no text. A character that was cut in two is left out.
    private static @Nullable String text(byte[] bytes, boolean cut) {
        CharBuffer text = CharBuffer.allocate(bytes.length);
        var decoder = StandardCharsets.UTF_8.newDecoder();
        CoderResult result = decoder.decode(ByteBuffer.wrap(bytes), text, !cut);
        try {
            if (result.isError()) {
                result.throwException();
            }
        } catch (CharacterCodingException e) {
            return null;
        }
        return text.flip().toString();
    }

    static boolean equal(@Nullable ByteBuffer buffer, byte[] bytes) {
        if (buffer == null || buffer.remaining() != bytes.length) {
            return false;
        }
        byte[] own = new byte[bytes.length];
        buffer.duplicate().get(own);
        return Arrays.equals(own, bytes);
    }
}
