package io.chapar.testkit;

import io.chapar.client.admin.Admin;
import io.chapar.client.serde.Serdes;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

@ExtendWith(ChaparExtension.class)
@WithSettings("num.partitions=3")
class ChaparExtensionIT {
    private TestBroker before;

    @BeforeEach
    void remember(TestBroker broker) {
        before = broker;
    }

    private static int partitions(TestBroker broker, String topic) {
        try (Admin admin = broker.admin()) {
            return admin.describeTopics(List.of(topic)).get(topic).get().partitions().size();
        }
    }

    @RepeatedTest(2)
    void eachTestHasANewBrokerWithTheSettingsOfItsClass(TestBroker broker) {
        assertSame(before, broker);
        assertEquals(0, broker.read("t", Serdes.string(), Serdes.string()).size());
        broker.produce("t", Serdes.string(), Serdes.string(), "k", "v");
        assertEquals(3, partitions(broker, "t"));
    }

    @Test
    @WithSettings("num.partitions=2")
    void orWithThoseOfItsOwn(TestBroker broker) {
        broker.produce("t", Serdes.string(), Serdes.string(), "k", "v");
        assertEquals(2, partitions(broker, "t"));
    }

    @Nested
    class WithOneForAll {
        private final TestBroker all;

        WithOneForAll(TestBroker broker) {
            all = broker;
        }

        @Test
        void whoeverAsksInAConstructorSharesIt(TestBroker broker) {
            assertSame(all, broker);
            assertEquals(3, partitions(broker.createTopic("t", 3), "t"));
        }
    }
}
