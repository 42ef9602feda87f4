package io.chapar.broker.config;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class KnownHostsTest {
    @Test
    void theNamesThatTheBrokerIsSaidToHaveAreItsOwn() {
        assertEquals("[a.example, b.example, c.example, d]", KnownHosts.of(BrokerConfig.of(Map.of(
                "metrics.listener", "B.example:9404", "advertised.listeners", "a.Example:9092",
                "metrics.hosts", "C.example, d"))).toString());
        assertEquals("[]", KnownHosts.of(BrokerConfig.of(Map.of("metrics.listener", "0.0.0.0:9404"))).toString());
    }

    @Test
    void aRequestHasOneHostThatIsKnown() {
        KnownHosts hosts = KnownHosts.of(BrokerConfig.of(Map.of("metrics.hosts", "broker.example")));
        assertTrue(hosts.know(List.of("broker.example:9404")));
        assertFalse(hosts.know(null));
        assertFalse(hosts.know(List.of()));
        assertFalse(hosts.know(List.of("localhost", "localhost")));
        assertFalse(hosts.know(List.of("broker.example.evil.example")));
    }

    @Test
    void whatIsNoNameIsNotTaken() {
        for (String wrong : List.of("*", "broker:9404", "http://broker", "a b", "-", "a".repeat(301),
                "a,".repeat(101))) {
            assertThrows(BrokerStartException.BadConfig.class,
                    () -> BrokerConfig.of(Map.of("metrics.hosts", wrong)), wrong);
        }
    }
}
