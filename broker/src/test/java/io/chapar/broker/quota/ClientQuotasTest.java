package io.chapar.broker.quota;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.metadata.QuotaEntity;
import io.chapar.broker.metadata.Quotas;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ClientQuotasTest {
    private static final int WINDOWS_S = 10;
    private static final String ME = "User:me";
    private static final String ALL = QuotaEntity.DEFAULT;

    private ClusterImage image = ClusterImage.EMPTY;
    private final ClientQuotas quotas = new ClientQuotas(() -> image.settings(), WINDOWS_S);
    private long nowNs = 5;

    private void set(String user, String clientId, double bytesPerSecond) {
        image = image.apply(List.of(new MetadataRecord.QuotasSet(
                new QuotaEntity(user, clientId, null), new TreeMap<>(Map.of(Quotas.PRODUCED, bytesPerSecond)))));
    }

    private int writes(String clientId, long bytes) {
        return quotas.written(ME, clientId, bytes, nowNs);
    }

    private void passes(long ms) {
        nowNs += TimeUnit.MILLISECONDS.toNanos(ms);
    }

    /// As at Kafka: the average over the windows is held to the quota, and who is above it waits for the excess.
    @Test
    void theFirstWindowsAreFreeAndThenTheRateHolds() {
        set(null, "c", 1000);
        assertEquals(0, writes("c", 10_000));
        assertEquals(500, writes("c", 500));
        passes(500);
        assertEquals(100, writes("c", 100));
        passes(100);
        assertEquals(0, writes("c", 0));
        passes(60_000);
        assertEquals(0, writes("c", 10_000));
        assertEquals(1, writes("c", 1));
        assertEquals(0, quotas.read(ME, "c", 1_000_000, nowNs));
        assertEquals(0, writes("other", 1_000_000));
    }

    /// A stranger may call itself anything of 32,767 bytes, another thing each time.
    @Test
    void idsTooLongForAQuotaOfTheirOwnAreNotKept() {
        set(null, ALL, 1000);
        String longest = "c".repeat(ClientQuotas.MOST_ID_CHARS);
        assertEquals(0, writes(longest, 10_000));
        assertEquals(0, writes(longest + "a", 5_000));
        assertEquals(0, writes(longest + "b", 5_000));
        assertEquals(100, writes(longest + "c", 100));
        assertEquals(2, quotas.clients());
    }

    @Test
    void theMostSpecialQuotaHolds() {
        assertFalse(quotas.areThere());
        String[][] fromTheLastToTheFirst = {
            {null, ALL}, {null, "c"}, {ALL, null}, {ALL, ALL}, {ALL, "c"}, {"me", null}, {"me", ALL}, {"me", "c"}};
        double rate = 100;
        for (String[] entity : fromTheLastToTheFirst) {
            set(entity[0], entity[1], rate);
            assertTrue(quotas.areThere());
            assertEquals((long) rate * WINDOWS_S, quotas.mostAtOnce(Quotas.PRODUCED, ME, "c"));
            rate++;
        }
        assertEquals(Long.MAX_VALUE, quotas.mostAtOnce(Quotas.CONSUMED, ME, "c"));
    }

    @Test
    void clientsOfOneUserShareWhatIsTheUsers() {
        set("me", null, 1000);
        assertEquals(0, writes("a", 10_000));
        assertEquals(1000, writes("b", 1000));
        set(ALL, ALL, 1);
        assertEquals(1000, quotas.written("User:you", "a", 10 + 1, nowNs));
        assertEquals(0, quotas.written("User:you", "b", 10, nowNs));
    }

    /// What is owed is bytes: how long that takes, the quota says that holds now.
    @Test
    void whatIsOwedIsPaidAtTheRateThatHoldsNow() {
        set(null, "c", 1000);
        assertEquals(100_000, writes("c", 110_000));
        set(null, "c", 1_000_000);
        assertEquals(0, writes("c", 1_000), "it owed 110 kB, of which 10 s may be ahead");
        set(null, "c", 1000);
        assertEquals(101_000, writes("c", 0), "111 kB again");
        set(null, "c", 500);
        assertEquals(212_000, writes("c", 0));
        passes(222_000);
        set(null, "c", 1);
        assertEquals(0, writes("c", 10), "all of it is paid");
    }

    @Test
    void nobodyIsShutOutForLongerThanAnHour() {
        set(null, ALL, 1);
        assertEquals(TimeUnit.HOURS.toMillis(1), writes("c", Long.MAX_VALUE / 2));
        assertEquals(TimeUnit.HOURS.toMillis(1), writes("c", Long.MAX_VALUE / 2));
    }

    /// Whoever takes ever new client ids gains nothing by it but one quota's worth for each, and no memory.
    @Test
    void strangersFillNoMoreThanTheTable() {
        set(null, ALL, 1);
        for (int i = 0; i < 3 * ClientQuotas.MOST_CLIENTS; i++) {
            writes("stranger " + i, 1);
        }
        assertEquals(ClientQuotas.MOST_CLIENTS + 1, quotas.clients());
        assertTrue(writes("one more", 1) > 0);
        passes(20_000_000);
        assertEquals(0, writes("and another", 10));
        assertEquals(1, quotas.clients());
    }
}
