package io.chapar.broker.metadata.quorum;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.metadata.quorum.FoundingCore.Effect;
import io.chapar.broker.metadata.quorum.FoundingCore.Refuse;
import io.chapar.broker.metadata.quorum.FoundingCore.Write;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// A node with a new folder among voters of which some have not heard that its old one was taken out.
class FoundingCoreTest {
    private static final int ENOUGH = 100;
    private static final UUID GROUP = new UUID(9, 9);

    private final SortedMap<Integer, HostPort> listed = new TreeMap<>();
    private final List<Effect> effects = new ArrayList<>();

    private FoundingCore core() {
        for (int node = 1; node <= 3; node++) {
            listed.put(node, new HostPort("127.0.0.1", node));
        }
        FoundingCore core = new FoundingCore(
                3, listed, new VoterIdentity(new UUID(33, 3), null, null), new UUID(1, 1), effects::add);
        core.start();
        effects.clear();
        return core;
    }

    private VoterIdentity member(int node, Integer... voters) {
        List<Voter> all = new ArrayList<>();
        for (int voter : voters) {
            all.add(new Voter(voter, new UUID(7, voter), new HostPort("127.0.0.1", voter)));
        }
        return new VoterIdentity(new UUID(7, node), new Membership(GROUP, GROUP, all), null);
    }

    @Test
    void whoIsBehindRefusesNobodyThatWasTakenOut() {
        FoundingCore core = core();
        core.heard(2, member(2, 1, 2, 3), true);
        assertEquals(List.of(), effects);
        core.heard(1, member(1, 1, 2), true);
        assertEquals(List.of(Write.class), effects.stream().<Object>map(Effect::getClass).toList());
    }

    @Test
    void whoIsCountedOnWithAnotherFolderForAllThatIsKnownIsRefused() {
        FoundingCore core = core();
        for (int i = 0; i < ENOUGH && effects.isEmpty(); i++) {
            core.heard(1 + i % 2, member(1 + i % 2, 1, 2, 3), true);
        }
        assertTrue(effects.getFirst() instanceof Refuse(String reason)
                && reason.contains("counts on another folder of node 3"), effects.toString());
    }
}
