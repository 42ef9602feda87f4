package io.chapar.broker.config;

import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/// The setting `quorum`: `ID@HOST:PORT` of each voter, with commas between them, and what it asks of other settings.
///
/// The port behind a voter's is where other brokers link with it: so they find it before anybody has registered. At the
/// voter's own port nobody listens: what voters say to each other goes over those links too.
public final class QuorumVoters {
    private static final int MOST = 5;
    private static final int LAST_PORT = 65_535;

    private QuorumVoters() {}

    /// What is wrong with the text, as the rest of a sentence.
    static @Nullable String problem(String text) {
        try {
            parse(text);
            return null;
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    static SortedMap<Integer, HostPort> parse(String text) {
        SortedMap<Integer, HostPort> voters = new TreeMap<>();
        if (text.isBlank()) {
            return voters;
        }
        String[] stated = text.split(",", MOST + 1);
        if (stated.length > MOST) {
            throw new IllegalArgumentException("names more than " + MOST + " voters");
        }
        for (String one : stated) {
            String voter = one.strip();
            int at = voter.indexOf('@');
            if (at < 1) {
                throw new IllegalArgumentException("takes ID@HOST:PORT of each voter, not '" + voter + "'");
            }
            int node = node(voter.substring(0, at), voter);
            if (voters.putIfAbsent(node, address(voter.substring(at + 1))) != null) {
                throw new IllegalArgumentException("names node " + node + " twice");
            }
        }
        return voters;
    }

    private static int node(String text, String voter) {
        try {
            int node = Integer.parseInt(text);
            if (node >= 0) {
                return node;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("takes ID@HOST:PORT of each voter, not '" + voter + "'", e);
        }
        throw new IllegalArgumentException("takes a node's number from 0 on, not '" + voter + "'");
    }

    private static HostPort address(String text) {
        HostPort at = HostPort.parse(text);
        if (at.host().isEmpty() || at.port() < 1 || at.port() >= LAST_PORT) {
            throw new IllegalArgumentException("needs a host, and a port from 1 to " + (LAST_PORT - 1)
                    + ", not '" + text + "'");
        }
        return at;
    }

    /// Where each of these voters takes links of other brokers.
    public static SortedMap<Integer, HostPort> peers(SortedMap<Integer, HostPort> voters) {
        SortedMap<Integer, HostPort> peers = new TreeMap<>();
        voters.forEach((node, at) -> peers.put(node, peer(at)));
        return peers;
    }

    /// Where a voter takes links that stands there in the list.
    public static HostPort peer(HostPort at) {
        return new HostPort(at.host(), at.port() + 1);
    }

    /// What the settings say that cannot be together, as a sentence.
    static @Nullable String problem(String quorum, Map<String, String> given, long node) {
        SortedMap<Integer, HostPort> voters = parse(quorum);
        if (voters.isEmpty()) {
            return null;
        }
        HostPort own = voters.get(Math.toIntExact(node));
        String stated = given.getOrDefault("peer.listener", "");
        String peers = own == null ? fedProblem(voters, stated, node)
                : !stated.isEmpty() && HostPort.parse(stated).port() != own.port() + 1
                ? "peer.listener needs the port " + (own.port() + 1) + ", the one behind that of node " + node
                + " in quorum: other voters look for it there." : null;
        return peers != null ? peers : clientsProblem(given);
    }

    /// Of a broker that does not vote: other brokers are told its address.
    private static @Nullable String fedProblem(SortedMap<Integer, HostPort> voters, String stated, long node) {
        HostPort at = stated.isEmpty() ? null : HostPort.parse(stated);
        boolean isPlace = at != null && at.port() > 0 && !at.host().isEmpty() && !at.host().equals("0.0.0.0")
                && !at.host().equals("::");
        return isPlace ? null : "quorum names the voters " + voters.keySet() + ", and this is node " + node
                + ", which does not vote: it needs peer.listener, with a host and a port at which other brokers reach"
                + " it.";
    }

    private static @Nullable String clientsProblem(Map<String, String> given) {
        HostPort listener = HostPort.parse(given.getOrDefault("listeners", "127.0.0.1:9092"));
        HostPort clients = given.getOrDefault("advertised.listeners", "").isEmpty() ? listener
                : HostPort.parse(given.getOrDefault("advertised.listeners", ""));
        if (clients.port() == 0) {
            return "listeners needs a port in a cluster: others tell clients where this broker is.";
        }
        return clients.host().isEmpty() || clients.host().equals("0.0.0.0") || clients.host().equals("::")
                ? "advertised.listeners is needed in a cluster where listeners means every address of the machine:"
                + " others tell clients where this broker is." : null;
    }
}
