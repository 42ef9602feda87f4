package io.chapar.cli;

import io.chapar.client.admin.QuorumDescription;
import io.chapar.client.admin.QuorumDescription.Replica;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

@Command(name = "quorum", description = "Show who votes on the cluster's metadata, who decides, and how far each is.",
        subcommands = {QuorumAdd.class, QuorumRemove.class, QuorumFolders.Look.class, QuorumFolders.Export.class,
                QuorumFolders.Recover.class, QuorumFolders.Forget.class},
        footer = {"",
            "LAG is in entries of the quorum's log; HEARD is how long ago the leader heard from the voter, CAUGHT UP",
            "how long ago it was known to have everything. A '-' is what the leader does not know.",
            "", "Example:", "  chapar cluster quorum"})
final class ClusterQuorum extends LookAtCluster {
    private static final long NOT_KNOWN = -1;

    private final LongSupplier wallClockMs = System::currentTimeMillis;

    @Override
    Listing list(Cluster cluster) {
        QuorumDescription quorum = cluster.quorum();
        Table table = new Table("node", "address", "role", "logEnd", "lag", "heardMsAgo", "caughtUpMsAgo", "process");
        long end = quorum.voters().stream().filter(voter -> voter.node() == quorum.leader()).mapToLong(Replica::logEnd)
                .findFirst().orElse(NOT_KNOWN);
        long nowMs = wallClockMs.getAsLong();
        rows(table, quorum.voters(), quorum.leader(), "follower", end, nowMs);
        rows(table, quorum.observers(), quorum.leader(), "observer", end, nowMs);
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("leader", quorum.leader());
        all.put("epoch", quorum.epoch());
        all.put("highWatermark", quorum.highWatermark());
        all.put("replicas", table.objects());
        return new Listing(table).whole(all)
                .line("Leader:         " + quorum.leader())
                .line("Epoch:          " + quorum.epoch())
                .line("High watermark: " + quorum.highWatermark())
                .line("").table(table);
    }

    private void rows(Table table, List<Replica> replicas, int leader, String role, long end, long nowMs) {
        for (Replica one : replicas) {
            table.row(one.node(), one.address(), one.node() == leader ? "leader" : role, known(one.logEnd()),
                    one.logEnd() < 0 || end < 0 ? null : Math.max(0, end - one.logEnd()), ago(one.heardMs(), nowMs),
                    ago(one.caughtUpMs(), nowMs), which.process(one.node()));
        }
    }

    private static @Nullable Long known(long number) {
        return number < 0 ? null : number;
    }

    /// The clocks of two machines may differ.
    private static @Nullable Long ago(long atMs, long nowMs) {
        return atMs < 0 ? null : Math.max(0, nowMs - atMs);
    }
}
