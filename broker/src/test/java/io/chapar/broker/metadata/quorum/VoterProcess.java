package io.chapar.broker.metadata.quorum;

import io.chapar.broker.config.HostPort;
import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataCommand.TopicOutcome;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.Proposed;
import io.chapar.broker.metadata.MetadataLog.Refused;
import io.chapar.broker.metadata.MetadataLog.Unknown;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.net.NettyLoop;
import io.chapar.broker.net.Server;
import io.chapar.broker.peer.LinkLimits;
import io.chapar.broker.peer.socket.ConsensusLinks;
import io.chapar.broker.peer.socket.NettyPeers;
import io.chapar.broker.peer.socket.PeerHost;
import io.chapar.broker.peer.socket.PeerSettings;
import io.chapar.protocol.ErrorCode;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/// A voter in a process of its own, which while it decides creates one topic after the other. Says on its output
/// `decides`, `done NAME` for each topic that it was answered is committed, `refused NAME`; and for a line on its
/// input, `image VERSION NAME...` with all topics. `stop` ends it.
final class VoterProcess {
    private final NettyLoop loop;
    private final String life;
    private QuorumMetadataLog log;
    private boolean isDeciding;
    private boolean isCreating;
    private int created;

    private VoterProcess(NettyLoop loop, String life) {
        this.loop = loop;
        this.life = life;
    }

    /// node, life, folder, port of each voter
    public static void main(String[] args) throws Exception {
        int node = Integer.parseInt(args[0]);
        List<Voter> voters = new ArrayList<>();
        for (int i = 3; i < args.length; i++) {
            voters.add(new Voter(
                    i - 3, new UUID(7, i - 3), new HostPort("127.0.0.1", Integer.parseInt(args[i]))));
        }
        Server server = new Server(1);
        server.failure().thenAccept(bug -> {
            bug.printStackTrace();
            Runtime.getRuntime().halt(3);
        });
        NettyLoop loop = server.loops().getFirst();
        SortedMap<Integer, HostPort> places = new TreeMap<>();
        voters.forEach(voter -> places.put(voter.node(), voter.at()));
        PeerHost host = new PeerHost();
        NettyPeers peers = new NettyPeers(server,
                new PeerSettings(voters.get(node).at(), null, false, LinkLimits.of(1 << 20)), node, UUID.randomUUID(),
                new SecureRandom(), _ -> { }, places);
        peers.listen(host);
        VoterProcess process = new VoterProcess(loop, node + "-" + args[1]);
        Random random = new Random();
        process.log = QuorumMetadataLog.open(
                new QuorumMetadataLog.Settings(new Membership(new UUID(9, 9), new UUID(9, 9), voters),
                        voters.get(node), Path.of(args[2]), random.nextLong(), 200, 16 << 10),
                loop, new ControllerCore(random, TopicConfig::problem), ControllerLink.NONE,
                new ConsensusLinks(peers, host));
        loop.execute(() -> process.log.onRole(process::role));
        loop.execute(() -> process.role(process.log.role()));
        process.serve();
        process.log.close();
        peers.close();
        server.close();
    }

    private void serve() throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null && !line.equals("stop"); line = in.readLine()) {
            loop.execute(() -> say("image " + log.image().version() + " "
                    + String.join(" ", log.image().topics().keySet())));
        }
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }

    private void role(QuorumRole role) {
        isDeciding = role instanceof QuorumRole.Controls;
        if (isDeciding) {
            say("decides");
            log.propose(new RegisterBroker(Registration.alone(0, new UUID(0, 1)), new TreeMap<>(), true), loop,
                    _ -> { });
            createNext();
        }
    }

    private void createNext() {
        if (!isDeciding || isCreating) {
            return;
        }
        isCreating = true;
        String name = "t-" + life + "-" + ++created;
        log.propose(new CreateTopics(List.of(new NewTopic(name, 1, new TreeMap<>())), false), loop.nowMs() + 5_000,
                loop, how -> ended(name, how));
    }

    private void ended(String name, Proposed<List<TopicOutcome>> how) {
        isCreating = false;
        switch (how) {
            case Committed<List<TopicOutcome>> done ->
                say((done.result().getFirst().error() == ErrorCode.NONE ? "done " : "not ") + name);
            case Refused<List<TopicOutcome>> _ -> say("refused " + name);
            case Unknown<List<TopicOutcome>> _ -> say("unknown " + name);
        }
        loop.schedule(2, this::createNext);
    }
}
