package io.chapar.broker.peer;

import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;

/// The frames of a link. Each has its length in front, i32, which is left out here; numbers are big-endian.
///
/// ```
/// Hello      1 | magic i32 "CHPL" | lowest u16 | highest u16 | cluster 16 | node i32 | incarnation 16 | epoch i64
///              | loops u16 | loop u16 | purpose u8 | dialled node i32 | nonce 32
/// Challenge  2 | level u16 | nonce 32
/// Proof      3 | proof 0 or 32
/// Welcome    4 | cluster 16 | node i32 | incarnation 16 | epoch i64 | loops u16 | loop u16 | proof 0 or 32
/// Refused    5 | reason u8
/// Alive      8
/// Question  16 | id i32 | time left i32, ms | API key i16 | version i16 | image i64
///              | the request, as Kafka has it
/// Answer    17 | id i32 | the response, as Kafka has it in the version of its question
/// Declined  18 | id i32 | how u8: 0 nothing was begun, 1 it may have been done | why: u16, UTF-8
/// Saying    19 | id i32 | time left i32, ms | what a voter says
/// Proposal  20 | id i32 | time left i32, ms | what is handed to the controller
/// Told      21 | id i32 | the answer to one of the last two, or to one of the next two
/// Feed      22 | id i32 | time left i32, ms | what a broker has of the metadata
/// Consensus 23 | id i32 | time left i32, ms | what the consensus library of a voter says
/// ```
/// The image of a question is the version of the metadata that whoever asks knows: it is begun when as much is known
/// here. A hello may be longer, up to [#MOST_BEFORE_PROOF]: what a later level puts behind it is passed over, and
/// proven.
/// What a [LinkPurpose] has for itself begins at [#FIRST_OF_PURPOSE].
final class LinkFrames {
    static final byte HELLO = 1;
    static final byte CHALLENGE = 2;
    static final byte PROOF = 3;
    static final byte WELCOME = 4;
    static final byte REFUSED = 5;
    static final byte ALIVE = 8;
    static final byte QUESTION = 16;
    static final byte ANSWER = 17;
    static final byte DECLINED = 18;
    static final byte SAYING = 19;
    static final byte PROPOSAL = 20;
    static final byte TOLD = 21;
    static final byte FEED = 22;
    static final byte CONSENSUS = 23;
    /// Kinds from here on are not the link's own.
    static final byte FIRST_OF_PURPOSE = 32;
    /// Of a frame, as long as its sender has not proven who it is.
    static final int MOST_BEFORE_PROOF = 512;
    static final int NONCE_BYTES = 32;
    /// What stands before the bytes of a [Matter].
    static final int IN_BYTES_HEAD = 1 + 2 * Integer.BYTES;
    private static final int MAGIC = 0x43_48_50_4c;
    private static final int HELLO_BYTES = 96;
    private static final int LONGEST_WHY = 500;
    private static final int QUESTION_HEAD_BYTES = 1 + 2 * Integer.BYTES + 2 * Short.BYTES + Long.BYTES;

    private LinkFrames() {}

    /// @param lowest level that the dialler speaks
    /// @param purpose as it stands in the frame, known or not
    /// @param dialled the node that the dialler means to reach
    record Hello(int lowest, int highest, Greeting greeting, int purpose, int dialled) {}

    record Challenge(int level) {}

    /// @param api null when nobody knows it here
    /// @param image that whoever asks knows
    record Asked(int id, int leftMs, @Nullable ApiKey api, short version, long image) {}

    /// @param bytes of its own
    record InBytes(int id, int leftMs, ByteBuffer bytes) {}

    record Declined(int id, boolean nothingBegun, String why) {}

    // ---- the hello

    static ByteBuffer hello(int lowest, int highest, Greeting own, LinkPurpose purpose, int dialled, byte[] nonce) {
        ByteBuffer out = ByteBuffer.allocate(HELLO_BYTES + NONCE_BYTES).put(HELLO).putInt(MAGIC)
                .putShort((short) lowest).putShort((short) highest);
        write(own, out);
        return out.put((byte) purpose.code()).putInt(dialled).put(nonce).flip();
    }

    static Hello readHello(ByteBuffer frame) {
        WireReader in = body(frame);
        if (in.int32() != MAGIC) {
            throw new MalformedMessageException("no hello of a broker");
        }
        Hello hello = new Hello(in.uint16(), in.uint16(), greeting(in), Byte.toUnsignedInt(in.int8()), in.int32());
        if (in.remaining() < NONCE_BYTES) {
            throw new MalformedMessageException("a hello without a nonce");
        }
        return hello;
    }

    static ByteBuffer challenge(int level, byte[] nonce) {
        return ByteBuffer.allocate(1 + Short.BYTES + NONCE_BYTES)
                .put(CHALLENGE).putShort((short) level).put(nonce).flip();
    }

    static Challenge readChallenge(ByteBuffer frame) {
        WireReader in = body(frame);
        Challenge challenge = new Challenge(in.uint16());
        if (in.remaining() < NONCE_BYTES) {
            throw new MalformedMessageException("a challenge without a nonce");
        }
        return challenge;
    }

    static ByteBuffer proof(byte[] proof) {
        return ByteBuffer.allocate(1 + proof.length).put(PROOF).put(proof).flip();
    }

    static byte[] readProof(ByteBuffer frame) {
        return rest(frame.duplicate().position(frame.position() + 1));
    }

    /// What a welcome says beside its proof.
    static ByteBuffer welcomed(Greeting own) {
        ByteBuffer out = ByteBuffer.allocate(HELLO_BYTES).put(WELCOME);
        write(own, out);
        return out.flip();
    }

    static ByteBuffer welcome(ByteBuffer welcomed, byte[] proof) {
        return ByteBuffer.allocate(welcomed.remaining() + proof.length).put(welcomed.duplicate()).put(proof).flip();
    }

    /// @param said what the proof is about, as [#welcomed]
    record Welcome(Greeting greeting, ByteBuffer said, ByteBuffer proof) {}

    static Welcome readWelcome(ByteBuffer frame) {
        WireReader in = body(frame);
        Greeting greeting = greeting(in);
        int end = frame.limit() - in.remaining();
        ByteBuffer said = frame.slice(frame.position(), end - frame.position());
        return new Welcome(greeting, said, frame.duplicate().position(end));
    }

    static ByteBuffer refused(LinkRefusal why) {
        return ByteBuffer.allocate(2).put(REFUSED).put((byte) why.code()).flip();
    }

    static LinkRefusal readRefused(ByteBuffer frame) {
        return LinkRefusal.of(Byte.toUnsignedInt(body(frame).int8()));
    }

    private static void write(Greeting greeting, ByteBuffer out) {
        write(greeting.clusterId(), out);
        out.putInt(greeting.node());
        write(greeting.incarnation(), out);
        out.putLong(greeting.epoch()).putShort((short) greeting.loops()).putShort((short) greeting.loop());
    }

    private static void write(UUID id, ByteBuffer out) {
        out.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    }

    private static Greeting greeting(WireReader in) {
        return new Greeting(in.uuid(), in.int32(), in.uuid(), in.int64(), in.uint16(), in.uint16());
    }

    // ---- later

    static ByteBuffer alive() {
        return ByteBuffer.allocate(1).put(ALIVE).flip();
    }

    static List<ByteBuffer> question(
            int id, int leftMs, ApiKey api, short version, long image, Request request) {
        WireWriter out = new WireWriter();
        out.int8(QUESTION);
        out.int32(id);
        out.int32(leftMs);
        out.int16(api.id());
        out.int16(version);
        out.int64(image);
        request.write(out, version);
        return List.of(out.toBuffer());
    }

    /// What a question says of itself.
    static Asked readAsked(ByteBuffer frame) {
        WireReader in = body(frame);
        return new Asked(in.int32(), in.int32(), ApiKey.of(in.int16()), in.int16(), in.int64());
    }

    /// Throws [MalformedMessageException], also where it has more than so many elements.
    ///
    /// @param version that the API has
    static Request readRequest(ByteBuffer frame, ApiKey api, short version, int mostElements) {
        ByteBuffer body = frame.duplicate();
        if (body.remaining() < QUESTION_HEAD_BYTES) {
            throw new MalformedMessageException("a question that ends too early");
        }
        return api.readRequest(
                new WireReader(body.position(body.position() + QUESTION_HEAD_BYTES), mostElements), version);
    }

    /// The id of a question, an answer or what was declined.
    static int id(ByteBuffer frame) {
        return body(frame).int32();
    }

    static List<ByteBuffer> answer(int id, Response response, short version) {
        WireWriter out = new WireWriter();
        out.int8(ANSWER);
        out.int32(id);
        response.write(out, version);
        return List.of(out.toBuffer());
    }

    static Response readAnswer(ByteBuffer frame, ApiKey api, short version, int mostElements) {
        WireReader in = body(frame, mostElements);
        in.int32();
        return api.readResponse(in, version);
    }

    static ByteBuffer inBytes(Matter matter, int id, ByteBuffer bytes) {
        return ByteBuffer.allocate(IN_BYTES_HEAD + bytes.remaining()).put(matter.kind()).putInt(id).putInt(0)
                .put(bytes.duplicate()).flip();
    }

    /// Throws [MalformedMessageException] for more than the matter may have.
    static InBytes readInBytes(Matter matter, ByteBuffer frame) {
        WireReader in = body(frame);
        InBytes asked = new InBytes(in.int32(), in.int32(), behind(frame, in));
        if (asked.bytes().remaining() > matter.mostBytes()) {
            throw new MalformedMessageException("a " + matter + " of " + asked.bytes().remaining() + " bytes");
        }
        return asked;
    }

    static List<ByteBuffer> told(int id, ByteBuffer answer) {
        return List.of(ByteBuffer.allocate(1 + Integer.BYTES).put(TOLD).putInt(id).flip(), answer.duplicate());
    }

    /// Bytes of their own.
    static ByteBuffer readTold(ByteBuffer frame) {
        WireReader in = body(frame);
        in.int32();
        return behind(frame, in);
    }

    private static ByteBuffer behind(ByteBuffer frame, WireReader in) {
        return ByteBuffer.wrap(rest(frame.duplicate().position(frame.limit() - in.remaining())));
    }

    static ByteBuffer declined(int id, boolean nothingBegun, String why) {
        byte[] text = (why.length() > LONGEST_WHY ? why.substring(0, LONGEST_WHY) : why)
                .getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(1 + Integer.BYTES + 1 + Short.BYTES + text.length).put(DECLINED).putInt(id)
                .put((byte) (nothingBegun ? 0 : 1)).putShort((short) text.length).put(text).flip();
    }

    static Declined readDeclined(ByteBuffer frame) {
        WireReader in = body(frame);
        return new Declined(in.int32(), in.int8() == 0, WireReader.required(in.string(false), "why"));
    }

    private static WireReader body(ByteBuffer frame) {
        return body(frame, Integer.MAX_VALUE);
    }

    private static WireReader body(ByteBuffer frame, int mostElements) {
        return new WireReader(frame.duplicate().position(frame.position() + 1), mostElements);
    }

    static byte[] rest(ByteBuffer in) {
        byte[] bytes = new byte[in.remaining()];
        in.get(bytes);
        return bytes;
    }
}
