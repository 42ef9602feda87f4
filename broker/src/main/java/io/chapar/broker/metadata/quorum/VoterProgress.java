package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.MetadataQuorum;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/// How far the voters are, as the library's server of one of them tells. From any thread.
final class VoterProgress {
    /// Whoever leads hears from the others twice in this while.
    private static final long ALIVE_MS = 1_600;

    private VoterProgress() {}

    /// What the leader knows of another.
    private record Heard(long logEnd, long silentMs) {}

    static MetadataQuorum of(RaftServer.Division division, List<Voter> members, int self) {
        DivisionInfo info = division.getInfo();
        RaftPeerId leader = info.getLeaderId();
        long logEnd = division.getRaftLog().getNextIndex();
        SortedMap<Integer, Heard> others = others(info);
        List<MetadataQuorum.Voter> voters = new ArrayList<>();
        for (Voter voter : members) {
            Heard heard = voter.node() == self ? new Heard(logEnd, info.isLeader() ? 0 : MetadataQuorum.NOT_KNOWN)
                    : others.getOrDefault(voter.node(),
                            new Heard(MetadataQuorum.NOT_KNOWN, MetadataQuorum.NOT_KNOWN));
            long behindMs = heard.logEnd() >= logEnd ? heard.silentMs() : MetadataQuorum.NOT_KNOWN;
            voters.add(new MetadataQuorum.Voter(
                    voter.node(), voter.folder(), voter.at(), heard.logEnd(), heard.silentMs(), behindMs));
        }
        voters.sort(Comparator.comparingInt(MetadataQuorum.Voter::node));
        return new MetadataQuorum(leader == null ? MetadataQuorum.NOBODY : Voter.nodeOf(leader.toString()),
                info.getCurrentTerm(), division.getRaftLog().getLastCommittedIndex() + 1, voters);
    }

    /// Empty but at the leader. The library tells of the same followers in the same order, twice.
    private static SortedMap<Integer, Heard> others(DivisionInfo info) {
        SortedMap<Integer, Heard> others = new TreeMap<>();
        List<ServerRpcProto> followers = info.getRoleInfoProto().getLeaderInfo().getFollowerInfoList();
        long[] matching = info.isLeader() ? info.getFollowerMatchIndices() : new long[0];
        if (matching.length == followers.size()) {
            for (int i = 0; i < matching.length; i++) {
                ServerRpcProto follower = followers.get(i);
                others.put(Voter.nodeOf(follower.getId().getId().toStringUtf8()),
                        new Heard(matching[i] + 1, follower.getLastRpcElapsedTimeMs()));
            }
        }
        return others;
    }

    /// Who may lead instead of that node, which leads: those that are there, and first whoever has the most of the log.
    static List<MetadataQuorum.Voter> successors(MetadataQuorum quorum, int node) {
        return quorum.voters().stream()
                .filter(voter -> voter.node() != node && voter.silentMs() >= 0 && voter.silentMs() <= ALIVE_MS)
                .sorted(Comparator.comparingLong(MetadataQuorum.Voter::logEnd).reversed()
                        .thenComparingLong(MetadataQuorum.Voter::silentMs))
                .toList();
    }
}
