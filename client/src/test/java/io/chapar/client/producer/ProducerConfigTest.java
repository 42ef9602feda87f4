package io.chapar.client.producer;

import io.chapar.client.UsageException;
import io.chapar.protocol.record.compress.Compression;
import org.junit.jupiter.api.Test;

import java.util.Map;
import java.util.Properties;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class ProducerConfigTest {
    private static String complaint(Object... pairs) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", "localhost:9092");
        for (int i = 0; i < pairs.length; i += 2) {
            settings.put(pairs[i], pairs[i + 1]);
        }
        return assertThrows(UsageException.class, () -> ProducerConfig.from(settings)).getMessage();
    }

    @Test
    void hasKafkasDefaults() {
        ProducerConfig config = ProducerConfig.from(Map.of("bootstrap.servers", "a:1,[::1]:2"));
        var theirs = org.apache.kafka.clients.producer.ProducerConfig.configDef().defaultValues();
        assertEquals(theirs.get("batch.size"), config.batchSize());
        assertEquals(theirs.get("linger.ms"), (long) config.lingerMs());
        assertEquals(theirs.get("buffer.memory"), config.bufferMemory());
        assertEquals(theirs.get("max.block.ms"), (long) config.maxBlockMs());
        assertEquals(theirs.get("max.request.size"), config.maxRequestSize());
        assertEquals(theirs.get("max.in.flight.requests.per.connection"), config.maxInFlight());
        assertEquals(theirs.get("delivery.timeout.ms"), config.deliveryTimeoutMs());
        assertEquals(theirs.get("transaction.timeout.ms"), config.transactionTimeoutMs());
        assertEquals(theirs.get("request.timeout.ms"), config.client().requestTimeoutMs());
        assertEquals(theirs.get("retry.backoff.ms"), (long) config.client().retryBackoffMs());
        assertEquals(theirs.get("retry.backoff.max.ms"), (long) config.client().retryBackoffMaxMs());
        assertEquals(theirs.get("reconnect.backoff.ms"), (long) config.client().reconnectBackoffMs());
        assertEquals(theirs.get("reconnect.backoff.max.ms"), (long) config.client().reconnectBackoffMaxMs());
        assertEquals(theirs.get("metadata.max.age.ms"), (long) config.client().metadataMaxAgeMs());
        assertEquals(theirs.get("connections.max.idle.ms"), (long) config.client().connectionsMaxIdleMs());
        assertEquals(theirs.get("socket.connection.setup.timeout.ms"), (long) config.client().connectTimeoutMs());
        assertEquals(Acks.ALL, config.acks());
        assertTrue(config.idempotent());
        assertEquals(Compression.NONE, config.compression());
        assertEquals("::1", config.client().bootstrap().get(1).host());
    }

    @Test
    void fewerAcknowledgementsSwitchIdempotenceOff() {
        assertFalse(ProducerConfig.builder("a:1").acks(Acks.LEADER).build().idempotent());
    }

    @Test
    void namesTheNearestSetting() {
        assertEquals("Unknown setting \"linger.msec\"; did you mean \"linger.ms\"?", complaint("linger.msec", "5"));
        assertTrue(complaint("key.serializer", "x").contains("Serde"));
        assertFalse(complaint("something.entirely.different", "x").contains("did you mean"));
    }

    @Test
    void refusesWhatCannotBe() {
        assertTrue(complaint("acks", "2").contains("acks"));
        assertTrue(complaint("acks", "1", "enable.idempotence", "true").contains("acks=all"));
        assertTrue(complaint("acks", "1", "transactional.id", "t").contains("acks=all"));
        assertTrue(complaint("transactional.id", "t", "enable.idempotence", "false").contains("transactional.id"));
        assertTrue(complaint("max.in.flight.requests.per.connection", "6").contains("between 1 and 5"));
        assertTrue(complaint("delivery.timeout.ms", "100").contains("at least"));
        assertTrue(complaint("batch.size", "-1").contains("batch.size"));
        assertTrue(complaint("batch.size", "many").contains("whole number"));
        assertTrue(complaint("compression.type", "brotli").contains("zstd"));
        assertTrue(complaint("bootstrap.servers", "localhost").contains("host:port"));
        assertTrue(complaint("bootstrap.servers", "localhost:0").contains("host:port"));
        assertTrue(complaint("bootstrap.servers", "").contains("empty"));
        assertTrue(complaint("enable.idempotence", "maybe").contains("true or false"));
    }
}
