package io.chapar.broker;

import io.chapar.broker.BrokerFixture.Asked;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.CreateTopicsRequest;
import io.chapar.protocol.message.DeleteTopicsRequest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

import static org.junit.jupiter.api.Assertions.assertTrue;

/// A topic goes and its namesake comes while a transaction writes to it, in many orders of the loops' work.
class RecreatedTopicScenarios {
    /// Retriable, or a success: what a producer may be told that did nothing wrong.
    private static final Set<ErrorCode> FIT = Set.of(
            ErrorCode.NONE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.NOT_LEADER_OR_FOLLOWER);

    @Test
    void aWriteThatMeetsTheChangeIsNeverTheProducersFault() {
        meetTheChange(100);
    }

    @Test
    @Tag("nightly")
    void aWriteThatMeetsTheChangeAtAnyMomentIsNeverTheProducersFault() {
        meetTheChange(4_000);
    }

    private static void meetTheChange(int seeds) {
        for (int seed = 0; seed < seeds; seed++) {
            Random random = new Random(seed);
            BrokerFixture broker = new BrokerFixture(3, random::nextInt, Map.of());
            broker.createTopic("t", 3);
            broker.createCoordinators();
            WireProducer producer = WireProducer.ofVersion2(broker, "p").init();
            DeleteTopicsRequest delete = DeleteTopicsRequest.builder().topicNames(List.of("t")).build();
            broker.begin(delete, 5);
            broker.steps(random.nextInt(12));
            Asked write = broker.begin(producer.produceRequest("t", random.nextInt(3), "v"), producer.produceVersion());
            broker.steps(random.nextInt(12));
            broker.begin(CreateTopicsRequest.builder()
                    .topics(List.of(CreateTopicsRequest.CreatableTopic.builder()
                            .name("t").numPartitions(3).replicationFactor((short) 1).build()))
                    .build(), 7);
            broker.settle();
            ErrorCode error = WireProducer.error(write);
            assertTrue(FIT.contains(error), error + " with seed " + seed);
        }
    }
}
