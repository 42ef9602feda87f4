package io.chapar.broker.metadata.quorum;

import org.apache.ratis.thirdparty.com.google.protobuf.CodedOutputStream;
import org.apache.ratis.thirdparty.com.google.protobuf.InvalidProtocolBufferException;
import org.apache.ratis.thirdparty.com.google.protobuf.MessageLite;
import org.apache.ratis.thirdparty.com.google.protobuf.Parser;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// What voters call each other, as bytes.
///
/// ```
/// call      u8 kind | the library's message
/// answer    u8 0 | the library's message
///           u8 1 | why there is none, UTF-8
/// ```
/// A failure travels as a sentence: the library's own way, Java's serialised objects, would let whoever answers choose
/// which classes are made here.
final class CallCodec {
    private static final byte DONE = 0;
    private static final byte FAILED = 1;
    private static final int LONGEST_WHY = 500;

    private CallCodec() {}

    /// What is called.
    enum Kind {
        VOTE(0), APPEND(1), SNAPSHOT(2), STAND(3);

        private final byte code;

        Kind(int code) {
            this.code = (byte) code;
        }
    }

    static ByteBuffer call(Kind kind, MessageLite message) {
        return encode(kind.code, message);
    }

    /// Of a call; throws [IOException] for none that is known here.
    static Kind kind(ByteBuffer call) throws IOException {
        int code = call.hasRemaining() ? call.get(call.position()) : -1;
        for (Kind kind : Kind.values()) {
            if (kind.code == code) {
                return kind;
            }
        }
        throw new IOException("a call of kind " + code);
    }

    /// Of a call, or of an answer that [#requireDone] let pass.
    static <M> M message(ByteBuffer bytes, Parser<M> parser) throws IOException {
        try {
            return parser.parseFrom(bytes.slice(bytes.position() + 1, bytes.remaining() - 1));
        } catch (InvalidProtocolBufferException e) {
            throw new IOException("no message of the consensus library: " + e.getMessage(), e);
        }
    }

    static ByteBuffer done(MessageLite message) {
        return encode(DONE, message);
    }

    static ByteBuffer failed(Throwable why) {
        String text = String.valueOf(why);
        byte[] bytes = (text.length() > LONGEST_WHY ? text.substring(0, LONGEST_WHY) : text)
                .getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(1 + bytes.length).put(FAILED).put(bytes).flip();
    }

    /// Throws [IOException] where there is no answer but why.
    static ByteBuffer requireDone(ByteBuffer answer) throws IOException {
        if (!answer.hasRemaining()) {
            throw new IOException("an answer without a byte");
        }
        byte code = answer.get(answer.position());
        if (code == FAILED) {
            throw new IOException(StandardCharsets.UTF_8.decode(
                    answer.slice(answer.position() + 1, answer.remaining() - 1)).toString());
        }
        if (code != DONE) {
            throw new IOException("an answer of kind " + code);
        }
        return answer;
    }

    private static ByteBuffer encode(byte head, MessageLite message) {
        ByteBuffer out = ByteBuffer.allocate(1 + message.getSerializedSize()).put(head);
        try {
            CodedOutputStream body = CodedOutputStream.newInstance(out);
            message.writeTo(body);
            body.flush();
        } catch (IOException e) {
            throw new IllegalStateException("a buffer of the message's own size", e);
        }
        return out.clear();
    }
}
