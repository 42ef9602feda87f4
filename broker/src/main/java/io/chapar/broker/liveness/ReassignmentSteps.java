package io.chapar.broker.liveness;

import io.chapar.broker.metadata.MetadataCommand.AdvanceReassignments;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.MetadataLog.Committed;
import io.chapar.broker.metadata.MetadataLog.NotCommitted;
import io.chapar.broker.metadata.TopicRules;
import io.chapar.broker.metadata.quorum.QuorumRole;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.WakeUp;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;


/// Advances reassignments ([ReassignmentStepsCore]) while this broker is the controller, and does nothing otherwise.
///
/// Owned by the metadata log's loop.
public final class ReassignmentSteps {
    private static final Logger LOG = LoggerFactory.getLogger(ReassignmentSteps.class);

    private final MetadataLog metadata;
    private final Loop loop;
    private final ReassignmentStepsCore core;
    private boolean controls;
    /// Counts the times that this broker became the controller, or stopped being it.
    private long term;
    private final WakeUp wakeUp;

    /// @param loop the log's own
    public ReassignmentSteps(MetadataLog metadata, Loop loop, TopicRules rules) {
        this.metadata = metadata;
        this.loop = loop;
        core = new ReassignmentStepsCore(rules);
        wakeUp = new WakeUp(loop, this::tick);
        metadata.onChange((before, after, delta) -> {
            if (controls && core.changed(before, after, delta, loop.nowMs())) {
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
            core.elected(loop.nowMs());
            arm();
        }
    }

    private void arm() {
        wakeUp.at(core.nextMs());
    }

    private void tick() {
        long of = term;
        if (core.tick(metadata.image(), loop.nowMs())) {
            metadata.propose(new AdvanceReassignments(), loop, how -> ended(of, how));
        }
        arm();
    }

    private void ended(long of, MetadataLog.Proposed<Integer> how) {
        switch (how) {
            case Committed<Integer>(Integer changed) -> LOG.debug("{} reassignments advanced", changed);
            case NotCommitted<Integer> not -> LOG.info("Reassignments wait: {}", not.reason());
        }
        if (term == of) {
            core.ended(how instanceof Committed, loop.nowMs());
            arm();
        }
    }
}
