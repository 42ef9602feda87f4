package io.chapar.broker.liveness;

import io.chapar.broker.metadata.MetadataCommand.ElectLeaders;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.NotCommitted;
import io.chapar.broker.metadata.quorum.QuorumRole;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.WakeUp;
import io.chapar.protocol.ErrorCode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.List;

/// Keeps leaderships where they are wanted ([LeaderBalanceCore]) while this broker is the controller, and does nothing
/// otherwise.
///
/// Owned by the metadata log's loop.
public final class LeaderBalance {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderBalance.class);

    private final MetadataLog metadata;
    private final Loop loop;
    private final LeaderBalanceCore core = new LeaderBalanceCore();
    private boolean controls;
    /// Counts the times that this broker became the controller, or stopped being it.
    private long term;
    private final WakeUp wakeUp;

    /// @param loop the log's own
    public LeaderBalance(MetadataLog metadata, Loop loop) {
        this.metadata = metadata;
        this.loop = loop;
        wakeUp = new WakeUp(loop, this::look);
        metadata.onChange((_, after, _) -> {
            if (controls) {
                core.changed(after, loop.nowMs());
                arm();
            }
        });
    }

    /// Who decides from now on.
    public void role(QuorumRole role) {
        boolean now = role instanceof QuorumRole.Controls;
        if (now == controls) {
            return;
        }
        controls = now;
        term++;
        wakeUp.cancel();
        if (controls) {
            core.elected(metadata.image(), loop.nowMs());
            arm();
        }
    }

    private void arm() {
        wakeUp.at(core.nextMs());
    }

    private void look() {
        long of = term;
        ElectLeaders command = core.tick(metadata.image(), loop.nowMs());
        if (command != null) {
            metadata.propose(command, loop, how -> ended(of, how));
        }
        arm();
    }

    private void ended(long of, MetadataLog.Proposed<List<ErrorCode>> how) {
        if (term == of) {
            core.ended(loop.nowMs());
            arm();
        }
        switch (how) {
            case Committed<List<ErrorCode>>(List<ErrorCode> outcomes) ->
                    LOG.info("{} partitions are led by their first replica again",
                            outcomes.stream().filter(each -> each == ErrorCode.NONE).count());
            case NotCommitted<List<ErrorCode>> not ->
                    LOG.info("Leaders stay where they are for now: {}", not.reason());
        }
    }
}
