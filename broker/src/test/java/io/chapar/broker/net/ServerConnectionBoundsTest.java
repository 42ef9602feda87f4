package io.chapar.broker.net;

import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.MetadataResponse;
import io.chapar.protocol.message.ProduceResponse;
import org.junit.jupiter.api.Test;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// What one connection can take of a broker, whatever its client does.
final class ServerConnectionBoundsTest extends ServerConnectionSteps {
    private static final int MANY = 5_000;

    private static byte[] tiny(int count) {
        return together(Collections.nCopies(count, framed(ApiVersionsRequest.DEFAULT, (short) 0, 1))
                .toArray(byte[][]::new));
    }

    private void answerWhatHasBegun(int from) {
        for (int i = from; i < client.begun.size(); i++) {
            reply(i, MetadataResponse.DEFAULT);
        }
    }

    @Test
    void requestsThatWaitInTheirThousandsTakeNoMoreThanTheirBytes() {
        client.receives(metadata(0));
        client.receives(tiny(MANY));
        client.receives(tiny(MANY));
        assertFalse(client.reading);
        assertTrue(memory.held() <= limits.maxWaitingFrames() + 3, () -> memory.held() + " buffers");
        answerWhatHasBegun(0);
        assertEquals(2 * MANY + 1, client.sent.size());
        assertTrue(client.reading);
        nothingIsHeld();
    }

    @Test
    void theyAreLetGoOfWithTheirConnection() {
        client.receives(metadata(0));
        client.receives(tiny(MANY));
        client.receives(tiny(MANY));
        on(client.core::gone);
        reply(0, MetadataResponse.DEFAULT);
        nothingIsHeld();
    }

    @Test
    void aRequestThatIsCutWhereNothingIsWantedGoesOnBehind() {
        byte[] behind = together(tiny(MANY), produce(7, 70_000));
        client.receives(metadata(0));
        client.receives(part(behind, 0, behind.length - 30_000));
        client.receives(part(behind, behind.length - 30_000, behind.length - 2));
        client.receives(part(behind, behind.length - 2, behind.length));
        answerWhatHasBegun(0);
        assertEquals(7, client.begun().getLast());
        nothingIsHeld();
    }

    /// Each answer takes more than its bytes.
    @Test
    void whoTakesNoAnswersIsGivenFew() {
        client.takes = false;
        client.receives(tiny(MANY));
        answerWhatHasBegun(0);
        int most = limits.maxUnsentBytes() / ServerLimits.BYTES_PER_ANSWER + 1;
        int begun = client.begun.size();
        assertTrue(begun <= most, () -> begun + " of " + most);
        List.copyOf(client.unsent).forEach(one -> on(() -> client.core.sent(one, answerBytes, true)));
        assertTrue(client.begun.size() > begun, "it goes on when they are taken");
        on(client.core::gone);
    }

    @Test
    void whoNeverWillTakeThemIsNotServedAnyMore() {
        client.takes = false;
        client.receives(tiny(MANY));
        answerWhatHasBegun(0);
        int begun = client.begun.size();
        List.copyOf(client.unsent).forEach(one -> on(() -> client.core.sent(one, answerBytes, false)));
        assertEquals(begun, client.begun.size());
        on(client.core::gone);
        nothingIsHeld();
    }

    @Test
    void whoAsksWithoutEndLetsTheLoopGo() {
        client.takes = false;
        client.receives(tiny(MANY));
        answerWhatHasBegun(0);
        int begun = client.begun.size();
        loops.loop(0).execute(() -> {
            List.copyOf(client.unsent).forEach(one -> client.core.sent(one, answerBytes, true));
            assertEquals(begun, client.begun.size(), "in a turn of its own");
        });
        loops.settle();
        assertTrue(client.begun.size() > begun);
        on(client.core::gone);
    }

    // ---- memory for small things

    /// Where much is kept already.
    private void muchIsKept(Runnable then) {
        kept.keep(200_000);
        then.run();
        kept.letGo(200_000);
    }

    @Test
    void whereMuchIsKeptWhoHasARequestUnderWayIsNotRead() {
        muchIsKept(() -> {
            client.receives(metadata(1));
            assertFalse(client.reading);
            reply(0, MetadataResponse.DEFAULT);
            assertTrue(client.reading, "it has nothing to do");
        });
        nothingIsHeld();
    }

    @Test
    void norWhoHasNotTakenAnAnswer() {
        muchIsKept(() -> {
            client.takes = false;
            client.receives(together(metadata(1), metadata(2)));
            reply(0, MetadataResponse.DEFAULT);
            assertEquals(List.of(1), client.begun(), "its client takes the answer first");
            assertFalse(client.reading);
            on(() -> client.core.sent(client.unsent.removeFirst(), answerBytes, true));
            reply(1, MetadataResponse.DEFAULT);
            assertFalse(client.reading);
            on(() -> client.core.sent(client.unsent.removeFirst(), answerBytes, true));
            assertTrue(client.reading);
        });
        nothingIsHeld();
    }

    @Test
    void whoeverHasNothingIsServedAllTheSame() {
        muchIsKept(() -> {
            byte[] one = metadata(1);
            client.receives(part(one, 0, 10));
            assertTrue(client.reading, "or it could never get on");
            client.receives(part(one, 10, one.length));
            assertEquals(List.of(1), client.begun());
            reply(0, MetadataResponse.DEFAULT);
        });
        nothingIsHeld();
    }

    /// Beginnings, what waits and what is not cut.
    @Test
    void allThatIsKeptIsCounted() {
        byte[] behind = tiny(MANY);
        client.receives(metadata(0));
        client.receives(behind);
        Client begins = new Client();
        begins.receives(part(produce(1, 10_000), 0, 5_000));
        long counted = kept.bytes();
        assertTrue(counted >= behind.length + 5_000, () -> counted + " of " + behind.length);
        on(client.core::gone);
        on(begins.core::gone);
        reply(0, MetadataResponse.DEFAULT);
        nothingIsHeld();
    }

    // ---- memory that others wait for

    private static final int WINDOW_MS = 5_000;

    /// Takes all that there is for large requests, but for what another needs.
    private Client trickler() {
        Client trickler = new Client();
        byte[] large = produce(1, 300_000);
        trickler.receives(part(large, 0, 150_000));
        trickler.receives(part(large, 150_000, 160_000));
        return trickler;
    }

    private Client someoneWaits() {
        byte[] large = produce(2, LARGE);
        client.receives(part(large, 0, 110_000));
        client.receives(part(large, 110_000, 120_000));
        assertFalse(client.reading);
        return client;
    }

    private void windowPasses(Client of) {
        passes(WINDOW_MS);
        assertTrue(of.wakeAtNs <= nowNs || of.core.deadlineNs() <= nowNs);
        on(of.core::tick);
    }

    @Test
    void whoTricklesIsGivenUpWhileOthersWait() {
        Client trickler = trickler();
        trickler.receives((byte) 1);
        windowPasses(trickler);
        assertFalse(trickler.isClosed, "nobody waits");
        Client waits = someoneWaits();
        trickler.receives((byte) 1);
        windowPasses(trickler);
        assertTrue(trickler.closedBecause.contains("socket.request.min.bytes.per.second"), trickler.closedBecause);
        assertEquals(1, traffic.cutsForPace());
        loops.settle();
        assertTrue(waits.reading, "its memory is there for others");
        on(trickler.core::gone);
        on(waits.core::gone);
        nothingIsHeld();
    }

    @Test
    void whoIsSlowButGetsOnIsNot() {
        Client slow = trickler();
        Client waits = someoneWaits();
        slow.receives(part(produce(1, 300_000), 160_000, 242_000));
        windowPasses(slow);
        assertFalse(slow.isClosed);
        on(slow.core::gone);
        on(waits.core::gone);
    }

    @Test
    void soIsWhoseLargeRequestWaitsBehindAnother() {
        Client holder = new Client();
        holder.receives(together(metadata(1), produce(2, 400_000)));
        Client waits = someoneWaits();
        windowPasses(holder);
        assertTrue(holder.closedBecause.contains("others wait"), holder.closedBecause);
        on(holder.core::gone);
        on(() -> holder.begun.get(0).reply(MetadataResponse.DEFAULT));
        assertTrue(waits.reading);
        on(waits.core::gone);
        nothingIsHeld();
    }

    @Test
    void aRequestUnderWayIsNoReason() {
        Client holder = new Client();
        holder.receives(produce(1, 400_000));
        Client waits = someoneWaits();
        passes(WINDOW_MS);
        on(holder.core::tick);
        passes(WINDOW_MS);
        on(holder.core::tick);
        assertFalse(holder.isClosed);
        on(() -> holder.begun.get(0).reply(ProduceResponse.DEFAULT));
        on(waits.core::gone);
        nothingIsHeld();
    }

    // ---- elements

    @Test
    void whoHasGoneWaitsForNoElements() {
        budgets.requests().takeAnyway(budgets.requests().limit());
        client.receives(produce(1, 1, 600));
        on(client.beside.getFirst().readLarge(limits.maxElements()));
        assertEquals(List.of(), client.begun());
        assertTrue(budgets.requests().isWaitedFor());
        on(client.core::gone);
        assertFalse(budgets.requests().isWaitedFor(), "at once, and not when it has its turn");
        budgets.requests().giveBack(budgets.requests().limit());
        loops.settle();
        assertEquals(List.of(), client.begun());
        nothingIsHeld();
    }

    @Test
    void norForThoseOfAnAnswer() {
        budgets.answers().takeAnyway(budgets.answers().limit());
        client.receives(metadata(1));
        on(() -> client.begun.get(0).afford(600, () -> {
            throw new AssertionError("for nobody");
        }));
        assertTrue(budgets.answers().isWaitedFor());
        on(client.core::gone);
        assertFalse(budgets.answers().isWaitedFor());
        budgets.answers().giveBack(budgets.answers().limit());
        loops.settle();
        nothingIsHeld();
    }

    /// Whoever reads records for it has them counted until it is sent, and counts nothing for one that has ended.
    @Test
    void whatIsReadForAnAnswerIsGivenBackWithIt() {
        client.receives(metadata(1));
        on(() -> assertTrue(client.begun.get(0).takesRoom(25_600)));
        on(() -> assertFalse(client.begun.get(0).takesRoom(256 * budgets.answers().limit())));
        assertEquals(100, budgets.answers().taken());
        on(() -> assertTrue(client.begun.get(0).takesRoom(25_600)));
        on(() -> client.begun.get(0).givesRoomBack(25_600));
        assertEquals(100, budgets.answers().taken(), "it came to nothing");
        on(client.core::gone);
        reply(0, MetadataResponse.DEFAULT);
        nothingIsHeld();
        on(() -> client.begun.get(0).givesRoomBack(25_600));
        nothingIsHeld();
        on(() -> assertTrue(client.begun.get(0).takesRoom(25_600)));
        nothingIsHeld();
    }

    // ---- waiting for what the client wants

    @Test
    void whoWaitsGivesBackWhatWasSaidAndKeepsAnAccount() {
        client.receives(produce(1, 200, 600));
        on(client.beside.getFirst().readLarge(limits.maxElements()));
        assertTrue(budgets.requests().taken() > 0);
        assertTrue(frames.taken() > 0);
        on(() -> assertTrue(client.begun.get(0).mayWait(60)));
        on(() -> assertTrue(client.begun.get(0).mayWait(60), "again, at no further cost"));
        assertEquals(60, budgets.waiting().taken());
        assertEquals(0, budgets.requests().taken());
        assertEquals(0, frames.taken());
        assertEquals(0, memory.held());
        assertEquals("test", client.begun.get(0).clientId());
        reply(0, ProduceResponse.DEFAULT);
        assertEquals(1, client.encodedBeside.correlationId(), "as large as before");
        client.encoded = client.encodedBeside;
        on(() -> client.core.encoded(client.encodedBeside, answerBytes));
        nothingIsHeld();
    }

    @Test
    void whoFindsNoRoomToWaitIsAnsweredAndAsksAgainAfterAPause() {
        Client other = new Client();
        other.receives(metadata(1));
        on(() -> assertTrue(other.begun.get(0).mayWait(60)));
        client.receives(together(metadata(1), metadata(2)));
        on(() -> {
            assertFalse(client.begun.get(0).mayWait(60));
            client.begun.get(0).reply(MetadataResponse.DEFAULT);
        });
        assertEquals(List.of(1), client.sent);
        assertEquals(List.of(1), client.begun());
        passes(100);
        assertTrue(client.core.deadlineNs() <= nowNs || client.wakeAtNs <= nowNs);
        on(client.core::tick);
        assertEquals(List.of(1, 2), client.begun());
        on(() -> assertTrue(client.begun.get(1).mayWait(ConnectionBudgets.FEW_TO_KEEP), "a few always may"));
        on(client.core::gone);
        on(() -> client.begun.get(1).replyNothing());
        on(other.core::gone);
        on(() -> other.begun.get(0).replyNothing());
        nothingIsHeld();
    }

    @Test
    void whatIsForgottenIsForgottenOnce() {
        client.receives(together(produce(1, 80_000), metadata(2)));
        on(() -> {
            client.begun.get(0).forget();
            client.begun.get(0).forget();
            assertEquals(0, frames.taken());
            client.begun.get(0).reply(ProduceResponse.DEFAULT);
            client.begun.get(0).forget();
        });
        assertEquals(List.of(1, 2), client.begun());
        on(client.core::gone);
        on(() -> client.begun.get(1).forget());
        on(() -> client.begun.get(1).replyNothing());
        nothingIsHeld();
    }

    // ---- order

    @Test
    void whatWaitsOnlyForItsTurnIsInOrder() {
        client.receives(together(IntStream.range(0, 100).mapToObj(ServerConnectionSteps::metadata)
                .toArray(byte[][]::new)));
        answerWhatHasBegun(0);
        assertEquals(IntStream.range(0, 100).boxed().toList(), client.sent);
        nothingIsHeld();
    }
}
