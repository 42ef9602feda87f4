package io.chapar.simulator;

import io.chapar.protocol.WireReader;
import io.chapar.protocol.WireWriter;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.HeartbeatRequest;
import io.chapar.protocol.message.LeaveGroupRequest;
import io.chapar.protocol.message.OffsetCommitRequest;
import io.chapar.protocol.message.RequestHeader;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// Commits and heartbeats of members that reach their coordinator once more when the group has gone on to another
/// generation. Before that no server can tell one that comes late from a new one. And members that somebody removes
/// from their groups, as an administrator can, though they are well.
final class LateMembers {
    /// LeaveGroup with a list of members.
    private static final short LEAVES_BY_NAME = 3;
    private static final long MOST_LATE_US = 1_000_000;

    /// @param member its id; empty for a commit
    /// @param committer of a commit, the member that sent it
    private record Kept(
            Link stream, String group, int generation, String member, String committer, ByteBuffer frame) {}

    private final World world;
    private final FaultCount faults;
    private final boolean known;
    private final RandomGenerator random;
    /// The last commit and the last heartbeat of each client.
    private final Map<String, Kept> sent = new TreeMap<>();

    LateMembers(World world, Swarm swarm, FaultCount faults) {
        this.world = world;
        this.faults = faults;
        known = swarm.latePercent() > 0;
        random = world.random("late commits");
    }

    void sent(Link stream, String client, byte[] frame) {
        ByteBuffer bytes = ByteBuffer.wrap(frame);
        ApiKey api = ApiKey.of(bytes.getShort(0));
        if (api != ApiKey.OFFSET_COMMIT && api != ApiKey.HEARTBEAT) {
            return;
        }
        short version = bytes.getShort(2);
        WireReader in = new WireReader(bytes);
        RequestHeader.read(in, api.requestHeaderVersion(version));
        switch (api.readRequest(in, version)) {
            case OffsetCommitRequest commit when commit.generationIdOrMemberEpoch() >= 0 -> sent.put(client,
                    new Kept(stream, commit.groupId(), commit.generationIdOrMemberEpoch(), "",
                            commit.memberId(), ByteBuffer.wrap(frame)));
            case HeartbeatRequest heartbeat -> sent.put(client + " heartbeat",
                    new Kept(stream, heartbeat.groupId(), heartbeat.generationId(), heartbeat.memberId(),
                            "", ByteBuffer.wrap(frame)));
            default -> { }
        }
    }

    /// The group is at this generation, and its coordinator will not forget it.
    void wentOn(SimulatedBroker broker, String group, int generation) {
        sent.values().removeIf(one -> {
            boolean old = one.stream().leadsTo(broker) && one.group().equals(group) && one.generation() < generation;
            if (old && known && random.nextInt(3) != 0) {
                faults.count("commit or heartbeat came in the next generation");
                world.note("network", "keeps what a member sent in generation " + one.generation() + " of " + group,
                        generation);
                one.stream().repeatLater(one.frame().array(), 1 + random.nextLong(MOST_LATE_US));
            }
            return old;
        });
    }

    /// The group, whose coordinator shares out what there is to do, does not know the member any more.
    void gone(SimulatedBroker broker, String group, String member) {
        sent.values().removeIf(one -> {
            boolean old = one.stream().leadsTo(broker) && one.group().equals(group) && one.committer().equals(member);
            if (old && known && random.nextInt(3) != 0) {
                faults.count("commit came when its member was gone");
                world.note("network", "keeps what " + member + " of " + group + " sent", one.generation());
                one.stream().repeatLater(one.frame().array(), 1 + random.nextLong(MOST_LATE_US));
            }
            return old;
        });
    }

    /// Takes a member out of its group. It learns of that by its next heartbeat.
    void removeOne() {
        List<Kept> members = sent.values().stream().filter(one -> !one.member().isEmpty()).toList();
        if (members.isEmpty()) {
            return;
        }
        Kept one = members.get(random.nextInt(members.size()));
        faults.count("member removed from its group");
        world.note("nemesis", "removes " + one.member() + " from " + one.group(), one.generation());
        LeaveGroupRequest request = LeaveGroupRequest.builder().groupId(one.group())
                .members(List.of(LeaveGroupRequest.MemberIdentity.builder().memberId(one.member()).build())).build();
        WireWriter out = new WireWriter();
        new RequestHeader(ApiKey.LEAVE_GROUP.id(), LEAVES_BY_NAME, 0, "administrator")
                .write(out, ApiKey.LEAVE_GROUP.requestHeaderVersion(LEAVES_BY_NAME));
        request.write(out, LEAVES_BY_NAME);
        ByteBuffer written = out.toBuffer();
        byte[] frame = new byte[written.remaining()];
        written.get(frame);
        one.stream().repeatLater(frame, 1);
    }
}
