package io.chapar.transport;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.Message;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ApiVersionsResponse;
import io.chapar.protocol.message.EndTxnRequest;
import io.chapar.protocol.message.EndTxnResponse;
import io.chapar.protocol.message.HeartbeatRequest;
import io.chapar.protocol.message.HeartbeatResponse;
import io.chapar.protocol.message.RequestHeader;
import io.chapar.transport.CallResult.Reason;
import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ConnectionCoreTest {
    private static final int TIMEOUT_MS = 1_000;

    private final VirtualLoop loop = new VirtualLoop();
    private final FakeLine line = new FakeLine();
    private final List<CallResult> outcomes = new ArrayList<>();
    private final List<FinalizedFeatures> features = new ArrayList<>();
    private final ConnectionSettings config =
            new ConnectionSettings("test", 500, 30_000, 50, 200, 5_000, 128 * 1024 * 1024, 1_000);
    private final ConnectionCore core = new ConnectionCore("a:1", config, loop, line,
            new Backoff(50, 200, new Random(1)), features::add);

    private static final class FakeLine implements Line {
        int connects;
        int drops;
        final List<ByteBuffer> written = new ArrayList<>();

        @Override
        public void connect() {
            connects++;
        }

        @Override
        public void write(ByteBuffer frame) {
            written.add(frame);
        }

        @Override
        public void drop() {
            drops++;
        }

        /// The header of the n-th frame, whose length in front must be right.
        RequestHeader header(int number) {
            ByteBuffer frame = written.get(number).duplicate();
            assertEquals(frame.remaining() - 4, frame.getInt());
            short api = frame.getShort(frame.position());
            short version = frame.getShort(frame.position() + 2);
            return RequestHeader.read(new WireReader(frame), ApiKey.of(api).requestHeaderVersion(version));
        }
    }

    private static ByteBuffer answer(ApiKey api, short version, int correlationId, Message body) {
        WireWriter out = new WireWriter();
        out.int32(correlationId);
        if (api.responseHeaderVersion(version) == 1) {
            out.noTaggedFields();
        }
        body.write(out, version);
        return out.toBuffer();
    }

    private static ApiVersionsResponse versions(ErrorCode error, int highestEndTxn) {
        return ApiVersionsResponse.builder().errorCode(error.code()).apiKeys(List.of(
                api(ApiKey.API_VERSIONS, 0, 4), api(ApiKey.HEARTBEAT, 0, 4), api(ApiKey.END_TXN, 0, highestEndTxn)))
                .build();
    }

    private static ApiVersionsResponse.ApiVersion api(ApiKey key, int lowest, int highest) {
        return ApiVersionsResponse.ApiVersion.builder().apiKey(key.id()).minVersion((short) lowest)
                .maxVersion((short) highest).build();
    }

    private void submit(Call call) {
        core.submit(call, outcomes::add);
    }

    private static Call heartbeat() {
        return Call.of(HeartbeatRequest.builder().groupId("g").memberId("m").build(), TIMEOUT_MS);
    }

    private static Call endTxn() {
        return Call.of(EndTxnRequest.builder().transactionalId("t").build(), TIMEOUT_MS);
    }

    private void connected() {
        core.onConnected();
        core.onFrame(answer(ApiKey.API_VERSIONS, (short) 4, line.header(line.written.size() - 1).correlationId(),
                versions(ErrorCode.NONE, 5)));
    }

    private Reason reasonOf(int number) {
        loop.advance(0);
        return assertInstanceOf(CallResult.NoAnswer.class, outcomes.get(number)).reason();
    }

    @Test
    void agreesOnVersionsFirstAndKeepsCallsInOrder() {
        submit(heartbeat());
        submit(endTxn());
        assertEquals(1, line.connects);
        connected();
        assertEquals(3, line.written.size());
        assertEquals(ApiKey.HEARTBEAT.id(), line.header(1).requestApiKey());
        assertEquals(4, line.header(1).requestApiVersion());
        assertEquals(5, line.header(2).requestApiVersion());
        core.onFrame(answer(ApiKey.HEARTBEAT, (short) 4, line.header(1).correlationId(),
                HeartbeatResponse.builder().errorCode((short) 27).build()));
        core.onFrame(answer(ApiKey.END_TXN, (short) 5, line.header(2).correlationId(),
                EndTxnResponse.builder().producerId(9L).build()));
        assertEquals(27, ((HeartbeatResponse) ((CallResult.Answered) outcomes.get(0)).response()).errorCode());
        assertEquals(9, ((EndTxnResponse) ((CallResult.Answered) outcomes.get(1)).response()).producerId());
    }

    @Test
    void fallsBackWhenTheBrokerDoesNotKnowOurVersionOfApiVersions() {
        submit(heartbeat());
        core.onConnected();
        ApiVersionsResponse refusal = ApiVersionsResponse.builder()
                .errorCode(ErrorCode.UNSUPPORTED_VERSION.code()).apiKeys(List.of(api(ApiKey.API_VERSIONS, 0, 2)))
                .build();
        core.onFrame(answer(ApiKey.API_VERSIONS, (short) 0, line.header(0).correlationId(), refusal));
        assertEquals(2, line.header(1).requestApiVersion());
        core.onFrame(answer(ApiKey.API_VERSIONS, (short) 2, line.header(1).correlationId(),
                versions(ErrorCode.NONE, 5)));
        assertEquals(ApiKey.HEARTBEAT.id(), line.header(2).requestApiKey());
        assertEquals(List.of(FinalizedFeatures.UNKNOWN), features);
    }

    @Test
    void takesTheVersionThatBothKnowOrSaysThatThereIsNone() {
        submit(endTxn());
        core.onConnected();
        core.onFrame(answer(ApiKey.API_VERSIONS, (short) 4, 0, versions(ErrorCode.NONE, 3)));
        assertEquals(3, line.header(1).requestApiVersion());
        submit(endTxn().atLeast(5));
        assertEquals(Reason.UNSUPPORTED_VERSION, reasonOf(0));
        assertEquals(2, line.written.size());
    }

    /// The call alone ends, at once; those before and behind it go on.
    @Test
    void aStringThatTheProtocolCannotCarryEndsItsCallAlone() {
        submit(heartbeat());
        submit(Call.of(EndTxnRequest.builder().transactionalId("x".repeat(32_768)).build(), TIMEOUT_MS));
        submit(endTxn());
        connected();
        assertEquals(Reason.TOO_LONG, reasonOf(0));
        CallResult.NoAnswer refused = (CallResult.NoAnswer) outcomes.getFirst();
        assertFalse(refused.mayHaveHappened());
        assertEquals(ErrorCode.INVALID_REQUEST, refused.refusal());
        assertEquals("END_TXN cannot be sent: a string of 32768 bytes, which begins with \"" + "x".repeat(40)
                + "\": the longest has 32767", refused.detail());
        assertEquals(3, line.written.size());
        core.onFrame(answer(ApiKey.HEARTBEAT, (short) 4, line.header(1).correlationId(),
                HeartbeatResponse.builder().build()));
        core.onFrame(answer(ApiKey.END_TXN, (short) 5, line.header(2).correlationId(),
                EndTxnResponse.builder().build()));
        assertEquals(3, outcomes.size());
        assertEquals(0, line.drops);
    }

    @Test
    void aBrokenConnectionTellsWhatWasWrittenFromWhatWasNot() {
        submit(heartbeat());
        connected();
        core.onDisconnected("reset");
        assertEquals(Reason.LOST, reasonOf(0));
        submit(heartbeat());
        core.onDisconnected("refused");
        assertEquals(Reason.NOT_SENT, reasonOf(1));
        assertEquals(2, line.connects);
    }

    @Test
    void restsLongerAndLongerWhileItCannotConnect() {
        submit(heartbeat());
        core.onDisconnected("refused");
        submit(heartbeat());
        assertEquals(1, line.connects);
        loop.advance(30);
        assertEquals(1, line.connects);
        loop.advance(40);
        assertEquals(2, line.connects);
        core.onDisconnected("refused");
        submit(heartbeat());
        loop.advance(70);
        assertEquals(2, line.connects);
        loop.advance(60);
        assertEquals(3, line.connects);
    }

    @Test
    void aCallWithoutAnAnswerInTimeBreaksTheConnection() {
        submit(heartbeat());
        connected();
        loop.advance(600);
        submit(endTxn());
        loop.advance(500);
        assertEquals(Reason.TIMED_OUT, reasonOf(0));
        assertEquals(Reason.TIMED_OUT, reasonOf(1));
        assertEquals(1, line.drops);
    }

    @Test
    void connectingHasItsOwnTime() {
        submit(heartbeat());
        loop.advance(510);
        assertEquals(Reason.NOT_SENT, reasonOf(0));
    }

    @Test
    void negotiatingHasItsOwnTime() {
        submit(heartbeat());
        core.onConnected();
        loop.advance(TIMEOUT_MS + 1);
        assertEquals(Reason.NOT_SENT, reasonOf(0));
    }

    @Test
    void whatIsNoAnswerBreaksTheConnection() {
        for (ByteBuffer bad : List.of(ByteBuffer.allocate(2), ByteBuffer.allocate(200).putInt(0, 77),
                answer(ApiKey.HEARTBEAT, (short) 4, 1, HeartbeatResponse.builder().build()).limit(6))) {
            outcomes.clear();
            submit(heartbeat());
            connected();
            core.onFrame(bad);
            assertEquals(Reason.MALFORMED, reasonOf(0));
            assertTrue(((CallResult.NoAnswer) outcomes.getFirst()).mayHaveHappened());
        }
    }

    @Test
    void oneWayCallsEndWhenWritten() {
        submit(heartbeat().withoutAnswer());
        connected();
        submit(heartbeat());
        loop.advance(1);
        assertEquals(new CallResult.Written((short) 4), outcomes.getFirst());
        core.onFrame(answer(ApiKey.HEARTBEAT, (short) 4, line.header(2).correlationId(),
                HeartbeatResponse.builder().build()));
        assertEquals(2, outcomes.size());
    }

    @Test
    void queuesOnlySoMuch() {
        for (int i = 0; i < config.maxQueuedCalls(); i++) {
            submit(heartbeat());
        }
        assertTrue(outcomes.isEmpty());
        submit(heartbeat());
        assertEquals(Reason.NOT_SENT, reasonOf(0));
    }

    @Test
    void closesWhenIdleAndComesBack() {
        submit(heartbeat());
        connected();
        core.onFrame(answer(ApiKey.HEARTBEAT, (short) 4, line.header(1).correlationId(),
                HeartbeatResponse.builder().build()));
        loop.advance(5_010);
        assertEquals(1, line.drops);
        assertTrue(core.isUnused());
        submit(heartbeat());
        assertFalse(core.isUnused());
        assertEquals(2, line.connects);
    }

    @Test
    void closingEndsEverything() {
        submit(heartbeat());
        connected();
        core.close();
        submit(heartbeat());
        assertEquals(Reason.LOST, reasonOf(0));
        assertEquals(Reason.NOT_SENT, reasonOf(1));
        assertEquals(1, line.connects);
    }
}
