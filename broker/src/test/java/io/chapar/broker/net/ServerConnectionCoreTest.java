package io.chapar.broker.net;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.metrics.TrafficMeters;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.ShuffledLoops;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.ApiVersionsResponse;
import io.chapar.protocol.message.MetadataRequest;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.Request;
import io.chapar.protocol.message.Response;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A connection's way through its requests, and to its end.
final class ServerConnectionCoreTest extends ServerConnectionSteps {
    // ---- frames

    @Test
    void aRequestInPiecesBeginsWhenItIsWholeHoweverItIsCut() {
        byte[] both = together(metadata(1), metadata(2));
        for (int cut = 1; cut < both.length; cut++) {
            Client one = new Client();
            one.receives(part(both, 0, cut));
            assertEquals(cut >= both.length / 2 ? 1 : 0, one.begun.size());
            one.receives(part(both, cut, both.length));
            on(() -> one.begun.get(0).reply(MetadataResponse.DEFAULT));
            on(() -> one.begun.get(1).reply(MetadataResponse.DEFAULT));
            assertEquals(List.of(1, 2), one.sent);
        }
        nothingIsHeld();
    }

    @Test
    void byteByByteIsEnough() {
        for (byte one : produce(5, 3_000)) {
            client.receives(one);
        }
        assertEquals(List.of(5), client.begun());
        assertEquals(3_000, ((ProduceRequest) client.begun(0).body()).topicData().getFirst().partitionData()
                .getFirst().records().sizeInBytes());
        reply(0, ProduceResponse.DEFAULT);
        nothingIsHeld();
    }

    @Test
    void aLengthThatNoRequestHasEndsTheConnection() {
        for (int length : new int[] {-1, 0, 7, (1 << 20) + 1, ROOM + 1}) {
            Client one = new Client();
            one.receives(ByteBuffer.allocate(9).putInt(length).array());
            assertTrue(one.closedBecause.contains("a frame of " + length), one.closedBecause);
        }
        nothingIsHeld();
    }

    @Test
    void whatFindsNoRoomWaitsUntilOthersHaveLeftIt() {
        Client other = new Client();
        other.receives(produce(1, 400_000));
        byte[] large = produce(2, LARGE);
        client.receives(part(large, 0, 80_000));
        assertFalse(client.reading, "further bytes would have no place");
        // What had left its sender before is kept all the same.
        client.receives(part(large, 80_000, 150_000));
        assertTrue(client.begun.isEmpty());

        on(() -> other.begun.get(0).reply(ProduceResponse.DEFAULT));
        assertTrue(client.reading);
        client.receives(part(large, 150_000, large.length));
        assertEquals(List.of(2), client.begun());
        reply(0, ProduceResponse.DEFAULT);
        assertEquals(1, traffic.waitsForRoom());
        assertEquals(0, traffic.vainWaitsForRoom());
        nothingIsHeld();
    }

    @Test
    void whoWaitsTooLongForRoomIsGivenUpAndLeavesItsOwn() {
        Client other = new Client();
        other.receives(produce(1, 400_000));
        byte[] large = produce(2, LARGE);
        client.receives(part(large, 0, 110_000));
        client.receives(part(large, 110_000, 120_000));
        assertFalse(client.reading);
        passes(limits.maxRoomWaitMs() - 1);
        client.core.tick();
        assertFalse(client.isClosed);
        assertTrue(client.wakeAtNs - nowNs <= TimeUnit.MILLISECONDS.toNanos(1));
        passes(1);
        client.core.tick();
        assertTrue(client.closedBecause.contains("memory"), client.closedBecause);
        assertEquals(1, traffic.vainWaitsForRoom());
        on(client.core::gone);
        on(() -> other.begun.get(0).reply(ProduceResponse.DEFAULT));
        nothingIsHeld();
    }

    @Test
    void roomIsGivenInTheOrderOfAskingAndNotToWhoHasGone() {
        Client other = new Client();
        other.receives(produce(1, 400_000));
        List<Client> waiting = List.of(new Client(), new Client(), new Client());
        for (Client one : waiting) {
            byte[] large = produce(2, LARGE);
            one.receives(part(large, 0, 70_000));
            one.receives(part(large, 70_000, 140_000));
            assertFalse(one.reading);
        }
        on(waiting.getFirst().core::gone);
        on(() -> other.begun.get(0).reply(ProduceResponse.DEFAULT));
        assertTrue(waiting.get(1).reading);
        assertTrue(waiting.get(2).reading);
        waiting.forEach(one -> on(one.core::gone));
        nothingIsHeld();
    }

    // ---- order

    @Test
    void theNextRequestBeginsWhenTheOneBeforeIsAnswered() {
        client.receives(together(metadata(1), metadata(2), produce(3, 10)));
        assertEquals(List.of(1), client.begun());
        reply(0, MetadataResponse.DEFAULT);
        assertEquals(List.of(1, 2), client.begun());
        reply(1, MetadataResponse.DEFAULT);
        assertEquals(List.of(1, 2, 3), client.begun());
        assertEquals(List.of(1, 2), client.sent);
        reply(2, ProduceResponse.DEFAULT);
        nothingIsHeld();
    }

    @Test
    void produceBehindProduceBeginsWhenThatHasItsPlaceAndIsAnsweredBehindIt() {
        client.receives(together(produce(1, 10), produce(2, 10), produce(3, 10), metadata(4), produce(5, 10)));
        assertEquals(List.of(1), client.begun());
        on(() -> client.begun.get(0).appended());
        assertEquals(List.of(1, 2), client.begun());
        on(() -> client.begun.get(1).appended());
        assertEquals(List.of(1, 2, 3), client.begun(), "anything else waits for all ahead");
        on(() -> client.begun.get(2).appended());
        assertEquals(3, client.begun.size());

        reply(2, ProduceResponse.DEFAULT);
        reply(1, ProduceResponse.DEFAULT);
        assertEquals(List.of(), client.sent);
        reply(0, ProduceResponse.DEFAULT);
        assertEquals(List.of(1, 2, 3), client.sent);
        assertEquals(List.of(1, 2, 3, 4), client.begun());
        reply(3, MetadataResponse.DEFAULT);
        assertEquals(List.of(1, 2, 3, 4, 5), client.begun());
        reply(4, ProduceResponse.DEFAULT);
        nothingIsHeld();
    }

    @Test
    void noMoreThanSixteenAreUnderWay() {
        for (int i = 0; i < 20; i++) {
            client.receives(produce(i, 10));
            if (i < 16) {
                on(() -> client.begun.getLast().appended());
            }
        }
        assertEquals(16, client.begun.size());
        reply(3, ProduceResponse.DEFAULT);
        assertEquals(16, client.begun.size());
        reply(0, ProduceResponse.DEFAULT);
        assertEquals(17, client.begun.size());
        assertEquals(List.of(0), client.sent);
        on(client.core::gone);
    }

    @Test
    void oneThatIsReadBesideTheLoopIsNotOvertaken() {
        client.receives(together(produce(1, 1, 600), produce(2, 10)));
        assertEquals(List.of(), client.begun());
        Runnable read = client.beside.getFirst().readLarge(limits.maxElements());
        on(read);
        assertEquals(List.of(1), client.begun());
        on(() -> client.begun.get(0).appended());
        assertEquals(List.of(1, 2), client.begun());
        reply(1, ProduceResponse.DEFAULT);
        assertEquals(List.of(), client.sent);
        reply(0, ProduceResponse.DEFAULT);
        assertEquals(1, client.encodedBeside.correlationId());
        assertEquals(List.of(), client.sent);
        client.encoded = client.encodedBeside;
        on(() -> client.core.encoded(client.encodedBeside, answerBytes));
        assertEquals(List.of(1, 2), client.sent);
        nothingIsHeld();
    }

    @Test
    void theEndThatOneBringsComesBehindTheAnswersAhead() {
        client.receives(together(produce(1, 10), produce(2, 10), produce(3, 10)));
        on(() -> client.begun.get(0).appended());
        on(() -> client.begun.get(1).close("a write with acks=0 failed"));
        assertFalse(client.isClosed);
        assertEquals(List.of(1, 2), client.begun(), "nothing begins behind it");
        reply(0, ProduceResponse.DEFAULT);
        assertEquals(List.of(1), client.sent);
        assertEquals("a write with acks=0 failed", client.closedBecause);
        on(client.core::gone);
        nothingIsHeld();
    }

    @Test
    void whatCannotBeReadEndsTheConnectionBehindTheAnswersAhead() {
        byte[] whole = produce(2, 10);
        byte[] broken = part(ByteBuffer.wrap(whole).putInt(whole.length - 4 - 6).array(), 0, whole.length - 6);
        client.receives(together(produce(1, 10), broken));
        on(() -> client.begun.get(0).appended());
        assertFalse(client.isClosed);
        reply(0, ProduceResponse.DEFAULT);
        assertTrue(client.closedBecause.startsWith("malformed"), client.closedBecause);
        on(client.core::gone);
        nothingIsHeld();
    }

    @Test
    void nothingBeginsWhileTheClientDoesNotTakeItsAnswers() {
        client.takes = false;
        answerBytes = limits.maxUnsentBytes() / 3;
        client.receives(together(metadata(1), metadata(2), metadata(3), metadata(4), metadata(5)));
        for (int i = 0; i < 3; i++) {
            reply(i, MetadataResponse.DEFAULT);
        }
        assertEquals(3, client.begun.size());
        on(() -> client.core.sent(client.unsent.getFirst(), answerBytes, true));
        assertEquals(4, client.begun.size());
        on(client.core::gone);
    }

    @Test
    void noMoreIsReadWhileTooManyWait() {
        for (int i = 0; i < limits.maxWaitingFrames(); i++) {
            client.receives(metadata(i));
        }
        assertTrue(client.reading);
        client.receives(metadata(99));
        assertFalse(client.reading);
        reply(0, MetadataResponse.DEFAULT);
        assertTrue(client.reading);
        on(client.core::gone);
        on(() -> client.begun.get(1).replyNothing());
        nothingIsHeld();
    }

    // ---- the end

    @Test
    void whoeverIsUnderWayHearsThatTheClientHasGoneAndKeepsItsBytesUntilItEnds() {
        client.receives(together(produce(1, 10), produce(2, 10), produce(3, 10), metadata(4)));
        on(() -> client.begun.get(0).appended());
        on(() -> client.begun.get(1).appended());
        reply(1, ProduceResponse.DEFAULT);
        on(client.core::gone);
        assertEquals(List.of(client.begun.get(0), client.begun.get(2)), client.disconnected);
        assertEquals(2, memory.held());
        reply(2, ProduceResponse.DEFAULT);
        on(() -> client.begun.get(0).close("too late to matter"));
        assertEquals(List.of(), client.sent);
        assertFalse(client.isClosed);
        nothingIsHeld();
    }

    @Test
    void whatIsReadOrWrittenBesideTheLoopLetsGoWhenItComesBack() {
        client.receives(produce(1, 1, 600));
        Runnable read = client.beside.getFirst().readLarge(limits.maxElements());
        on(client.core::gone);
        assertEquals(1, memory.held());
        on(read);
        assertEquals(List.of(), client.begun());
        nothingIsHeld();

        Client other = new Client();
        other.receives(produce(1, 1, 600));
        on(other.beside.getFirst().readLarge(limits.maxElements()));
        on(() -> other.begun.get(0).reply(ProduceResponse.DEFAULT));
        on(other.core::gone);
        on(() -> other.core.encoded(other.encodedBeside, 100));
        assertNull(other.encoded);
        nothingIsHeld();
    }

    @Test
    void anAnswerIsGivenOnce() {
        client.receives(metadata(1));
        reply(0, MetadataResponse.DEFAULT);
        assertThrows(IllegalStateException.class, () -> reply(0, MetadataResponse.DEFAULT));
    }

    @Test
    void aQuietConnectionEndsUnlessSomethingIsUnderWay() {
        client.receives(metadata(1));
        passes(IDLE_MS);
        client.core.tick();
        assertFalse(client.isClosed);
        reply(0, MetadataResponse.DEFAULT);
        passes(IDLE_MS - 1);
        client.core.tick();
        assertFalse(client.isClosed);
        passes(1);
        client.core.tick();
        assertTrue(client.isClosed);
        assertNull(client.closedBecause);
        nothingIsHeld();
    }

    @Test
    void whoNeverSendsAWholeRequestIsClosedHoweverOftenSomethingComes() {
        byte[] request = metadata(1);
        long beganNs = nowNs;
        while (nowNs - beganNs < TimeUnit.MILLISECONDS.toNanos(FIRST_REQUEST_MS - 5_000)) {
            client.receives(request[(int) TimeUnit.NANOSECONDS.toSeconds(nowNs - beganNs) / 5]);
            passes(5_000);
            client.core.tick();
        }
        passes(4_999);
        client.core.tick();
        assertFalse(client.isClosed);
        assertEquals(nowNs + TimeUnit.MILLISECONDS.toNanos(1), client.core.deadlineNs());
        passes(1);
        client.core.tick();
        assertTrue(client.closedBecause.contains("(connections.first.request.ms)"), client.closedBecause);
        assertEquals(0, client.asked);
        nothingIsHeld();
    }

    @Test
    void whoHasAskedOnceMayBeSilentForAsLongAsAnybody() {
        client.receives(metadata(1));
        client.receives(metadata(2));
        assertEquals(1, client.asked, "said once");
        reply(0, MetadataResponse.DEFAULT);
        reply(1, MetadataResponse.DEFAULT);
        passes(FIRST_REQUEST_MS);
        client.core.tick();
        assertFalse(client.isClosed);
    }

    // ---- session

    @Test
    void whoIsThrottledWaits() {
        client.core.session(client.core.session().throttledUntil(nowNs + 1_000_000));
        client.receives(metadata(1));
        assertEquals(List.of(), client.begun());
        assertEquals(nowNs + 1_000_000, client.wakeAtNs);
        passes(1);
        client.core.tick();
        assertEquals(List.of(1), client.begun());
    }

    @Test
    void whoUsedMoreThanItsQuotaWaitsAndNothingMakesThatShorter() {
        client.receives(metadata(1));
        client.begun(0).throttle(2);
        client.core.throttle(100);
        client.begun(0).throttle(200);
        client.begun(0).throttle(1);
        reply(0, MetadataResponse.DEFAULT);
        assertEquals(List.of(1), client.sent);
        client.receives(metadata(2));
        passes(199);
        client.core.tick();
        assertEquals(List.of(1), client.begun());
        passes(1);
        client.core.tick();
        assertEquals(List.of(1, 2), client.begun());
    }

    @Test
    void whoHasNotSaidWhoItIsMayDoThatAlone() {
        Session open = client.core.session();
        client.core.session(new Session(open.listener(), open.advertised(), open.clientHost(), open.principal(),
                open.software(), Session.Phase.UNAUTHENTICATED, open.throttledUntilNs()));
        client.receives(framed(ApiVersionsRequest.DEFAULT, (short) 0, 1));
        assertEquals(List.of(1), client.begun());
        reply(0, ApiVersionsResponse.DEFAULT);
        client.receives(metadata(2));
        assertEquals("METADATA before authentication", client.closedBecause);
        nothingIsHeld();
    }

    @Test
    void whoAsksInAVersionThatIsUnknownHearsWhichAreKnown() {
        ByteBuffer newer = ByteBuffer.wrap(framed(ApiVersionsRequest.DEFAULT, (short) 0, 6)).putShort(6, (short) 99);
        client.receives(newer.array());
        assertEquals(List.of(6), client.sent);
        client.receives(metadata(7));
        assertEquals(List.of(7), client.begun());
        client.receives(ByteBuffer.wrap(metadata(8)).putShort(6, (short) 99).array());
        reply(0, MetadataResponse.DEFAULT);
        assertEquals("version 99 of METADATA is not served", client.closedBecause);
        nothingIsHeld();
    }
}
