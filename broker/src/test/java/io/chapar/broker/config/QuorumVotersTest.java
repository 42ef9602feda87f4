package io.chapar.broker.config;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class QuorumVotersTest {
    private static final String THREE = "1@a:9093,2@b:9193, 3@[::1]:9293";

    private static BrokerConfig config(Map<String, String> settings) {
        return BrokerConfig.of(settings);
    }

    private static String refusal(Map<String, String> settings) {
        return assertThrows(BrokerStartException.BadConfig.class, () -> BrokerConfig.of(settings)).getMessage();
    }

    @Test
    void votersAndTheirPeersAddressesAreRead() {
        BrokerConfig config = config(Map.of("quorum", THREE, "node.id", "2", "peer.insecure", "true"));
        assertEquals(Map.of(1, new HostPort("a", 9093), 2, new HostPort("b", 9193), 3, new HostPort("::1", 9293)),
                config.voters());
        assertEquals(new HostPort("::1", 9294), QuorumVoters.peers(config.voters()).get(3));
        assertEquals(new HostPort("b", 9194), config.peerListener());
        assertEquals(new HostPort("0.0.0.0", 9194),
                config(Map.of("quorum", THREE, "node.id", "2", "peer.listener", "0.0.0.0:9194",
                        "peer.insecure", "true")).peerListener());
        assertTrue(BrokerConfig.defaults().voters().isEmpty());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
        "a:9093                                    | takes ID@HOST:PORT of each voter, not 'a:9093'",
        "x@a:9093                                  | takes ID@HOST:PORT of each voter, not 'x@a:9093'",
        "-1@a:9093                                 | takes a node's number from 0 on, not '-1@a:9093'",
        "1@a:9093,                                 | takes ID@HOST:PORT of each voter, not ''",
        "1@a                                       | must be host:port, not 'a'",
        "1@:9093                                   | needs a host, and a port from 1 to 65534, not ':9093'",
        "1@a:65535                                 | needs a host, and a port from 1 to 65534, not 'a:65535'",
        "1@a:0                                     | needs a host, and a port from 1 to 65534, not 'a:0'",
        "1@a:1,1@b:2                               | names node 1 twice",
        "1@a:1,2@a:3,3@a:5,4@a:7,5@a:9,6@a:11      | names more than 5 voters",
        "1@a:1,2@a:3,3@a:5,4@a:7,5@a:9,6@a:11,7@b:1 | names more than 5 voters"})
    void whatIsNoListOfVotersIsRefusedWithTheReason(String text, String reason) {
        assertEquals("quorum " + reason + ".", refusal(Map.of("quorum", text)));
    }

    @Test
    void whatCannotBeTogetherIsRefusedWithTheReason() {
        for (String peers : List.of("", "127.0.0.1:0", "0.0.0.0:9999")) {
            assertEquals("quorum names the voters [1, 2, 3], and this is node 7, which does not vote: it needs"
                    + " peer.listener, with a host and a port at which other brokers reach it.",
                    refusal(Map.of("quorum", THREE, "node.id", "7", "peer.listener", peers)));
        }
        BrokerConfig fed = config(Map.of("quorum", THREE, "node.id", "7", "peer.listener", "d:9500"));
        assertEquals(new HostPort("d", 9500), fed.peers());
        assertFalse(fed.votes());
        assertEquals("peer.listener needs the port 9094, the one behind that of node 1 in quorum: other voters look"
                + " for it there.", refusal(Map.of("quorum", THREE, "peer.listener", "a:9095")));
        assertEquals("listeners needs a port in a cluster: others tell clients where this broker is.",
                refusal(Map.of("quorum", THREE, "listeners", "a:0")));
        for (String everywhere : List.of(":9092", "0.0.0.0:9092", "[::]:9092")) {
            assertEquals("advertised.listeners is needed in a cluster where listeners means every address of the"
                    + " machine: others tell clients where this broker is.",
                    refusal(Map.of("quorum", THREE, "listeners", everywhere)));
        }
        config(Map.of("quorum", THREE, "node.id", "3", "listeners", ":9092", "advertised.listeners", "a:9092"));
    }
}
