package io.chapar.broker.telemetry;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ConfigOwner;
import io.chapar.broker.metadata.MetadataRecord;
import io.chapar.broker.telemetry.ClientTelemetry.Push;
import io.chapar.broker.telemetry.ClientTelemetry.Subscribed;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

class ClientTelemetryTest {
    private static final UUID NOBODY = new UUID(0, 0);
    private static final byte ZSTD = 4;

    private ClusterImage image = ClusterImage.EMPTY;
    private final ClientTelemetry telemetry = new ClientTelemetry(1_000, new Random(1));
    private long nowMs = 1;

    private void subscribe(String name, Map<String, String> config) {
        image = image.apply(List.of(new MetadataRecord.Configured(
                new ConfigOwner(ConfigOwner.Kind.CLIENT_METRICS, name), new TreeMap<>(config))));
    }

    private static ClientIdentity client(UUID instance, String clientId) {
        return new ClientIdentity(instance, clientId, "apache-kafka-java", "4.4.0", "10.0.0.7");
    }

    private Subscribed asks(UUID instance, String clientId) {
        return telemetry.subscribe(client(instance, clientId), image.settings(), nowMs);
    }

    private ErrorCode pushes(UUID instance, int subscription, boolean last, int codec, int bytes) {
        return telemetry.push(new Push(instance, subscription, last, (byte) codec, bytes), client(instance, "app-1"),
                image.settings(), nowMs);
    }

    @Test
    void whoIsMeantIsToldWhatIsWanted() {
        Subscribed nothing = asks(NOBODY, "app-1");
        assertNotEquals(NOBODY, nothing.instance());
        assertEquals(List.of(), nothing.metrics());
        assertEquals(300_000, nothing.intervalMs());
        subscribe("apps", Map.of("metrics", "org.apache.kafka.producer., org.apache.kafka.consumer.",
                "match", "client_id=app-.*,client_software_name=apache-.*", "interval.ms", "5000"));
        subscribe("one", Map.of("metrics", "x", "match", "client_id=app-1", "interval.ms", "7000"));
        Subscribed both = asks(nothing.instance(), "app-1");
        assertEquals(nothing.instance(), both.instance());
        assertEquals(List.of("org.apache.kafka.consumer.", "org.apache.kafka.producer.", "x"), both.metrics());
        assertEquals(5_000, both.intervalMs());
        assertEquals(List.of(), asks(NOBODY, "other").metrics());
        assertEquals(List.of(), asks(NOBODY, "app").metrics(), "the whole of the id has to match");
        subscribe("all", Map.of("metrics", "*"));
        assertEquals(List.of(""), asks(nothing.instance(), "app-1").metrics());
        assertNotEquals(both.subscription(), asks(nothing.instance(), "app-1").subscription());
    }

    @Test
    void aPushHasToBeWhatWasAskedFor() {
        subscribe("all", Map.of("metrics", "*", "interval.ms", "5000"));
        Subscribed told = asks(NOBODY, "app-1");
        UUID me = told.instance();
        int id = told.subscription();
        assertEquals(ErrorCode.INVALID_REQUEST, pushes(NOBODY, id, false, ZSTD, 10));
        assertEquals(ErrorCode.UNKNOWN_SUBSCRIPTION_ID, pushes(new UUID(7, 7), id, false, ZSTD, 10));
        assertEquals(ErrorCode.UNKNOWN_SUBSCRIPTION_ID, pushes(me, id + 1, false, ZSTD, 10));
        assertEquals(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, pushes(me, id, false, 9, 10));
        assertEquals(ErrorCode.TELEMETRY_TOO_LARGE, pushes(me, id, false, ZSTD, 100 << 20));
        assertEquals(ErrorCode.NONE, pushes(me, id, false, ZSTD, 1_000));
        nowMs += 4_999;
        assertEquals(ErrorCode.THROTTLING_QUOTA_EXCEEDED, pushes(me, id, false, 0, 10));
        nowMs++;
        assertEquals(ErrorCode.NONE, pushes(me, id, false, 0, 10));
        subscribe("all", Map.of("metrics", "*", "interval.ms", "6000"));
        assertEquals(ErrorCode.UNKNOWN_SUBSCRIPTION_ID, pushes(me, id, true, 0, 10));
        id = asks(me, "app-1").subscription();
        assertEquals(ErrorCode.NONE, pushes(me, id, true, 0, 10));
        assertEquals(ErrorCode.INVALID_REQUEST, pushes(me, id, true, 0, 10));
    }

    @Test
    void strangersFillNoMoreThanTheTable() {
        UUID first = asks(NOBODY, "app-1").instance();
        for (int i = 0; i < 3 * ClientTelemetry.MOST_CLIENTS; i++) {
            asks(NOBODY, "stranger " + i);
        }
        assertEquals(ClientTelemetry.MOST_CLIENTS, telemetry.clients());
        assertEquals(ErrorCode.UNKNOWN_SUBSCRIPTION_ID, pushes(first, 0, false, 0, 1));
        assertEquals(256, client(first, "x".repeat(30_000)).clientId().length());
    }
}
