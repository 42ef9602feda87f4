package io.chapar.broker.net;

import io.chapar.protocol.message.ApiVersionsRequest;
import io.chapar.protocol.message.MetadataResponse;
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

    @Test
    void whatWaitsOnlyForItsTurnIsInOrder() {
        client.receives(together(IntStream.range(0, 100).mapToObj(ServerConnectionSteps::metadata)
                .toArray(byte[][]::new)));
        answerWhatHasBegun(0);
        assertEquals(IntStream.range(0, 100).boxed().toList(), client.sent);
        nothingIsHeld();
    }
}
