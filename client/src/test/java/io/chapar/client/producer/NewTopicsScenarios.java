package io.chapar.client.producer;

import io.chapar.client.KafkaConfigNames;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.MetadataRequest;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.concurrent.TimeUnit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

/// What a producer asks for when it meets topics: those, and not all that it has met before.
final class NewTopicsScenarios {
    private static final long AGE_MS = TimeUnit.MINUTES.toMillis(5);

    private final ProducerBench bench = ProducerBench.plain(KafkaConfigNames.METADATA_MAX_AGE_MS, (int) AGE_MS)
            .topic("a", 1).topic("b", 1).topic("c", 1);

    private void writesTo(String topic) {
        bench.put(topic, 0, "v");
        bench.flush();
    }

    @Test
    void aNewTopicIsAskedForAlone() {
        writesTo("a");
        writesTo("b");
        assertEquals(List.of("b"), bench.broker.askedTopics);
        bench.put("c", 0, "v");
        writesTo("a");
        assertEquals(List.of("c"), bench.broker.askedTopics);
        int asked = bench.transport.count(ApiKey.METADATA);
        writesTo("a");
        writesTo("b");
        writesTo("c");
        assertEquals(asked, bench.transport.count(ApiKey.METADATA), "all are known");
    }

    @Test
    void severalAtOnceAreAskedForTogether() {
        writesTo("a");
        bench.put("b", 0, "v");
        writesTo("c");
        assertEquals(List.of("b", "c"), bench.broker.askedTopics);
    }

    /// However often something new comes.
    @Test
    void allOfThemAreAskedForByAge() {
        writesTo("a");
        writesTo("b");
        bench.loop.advance(AGE_MS / 2);
        writesTo("c");
        assertEquals(List.of("c"), bench.broker.askedTopics);
        bench.loop.advance(AGE_MS / 2 + 1_000);
        assertEquals(List.of("a", "b", "c"), bench.broker.askedTopics);
    }

    @Test
    void oneThatIsNotThereIsAskedForAgainAlone() {
        writesTo("a");
        bench.transport.recount();
        bench.put("d", 0, "v");
        bench.loop.advance(5_000);
        List<List<String>> asked = bench.transport.sent.stream()
                .filter(one -> one.api() == ApiKey.METADATA)
                .map(one -> ((MetadataRequest) one.request()).topics().stream().map(topic -> topic.name()).toList())
                .toList();
        assertFalse(asked.size() < 3, asked::toString);
        asked.forEach(topics -> assertEquals(List.of("d"), topics));
        bench.topic("d", 1);
        bench.flush();
        assertEquals(List.of("d"), bench.broker.askedTopics);
    }
}
