package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataCommand.AddPartitions;
import io.chapar.broker.metadata.MetadataCommand.AdvanceReassignments;
import io.chapar.broker.metadata.MetadataCommand.AlterQuotas;
import io.chapar.broker.metadata.MetadataCommand.AlterReassignments;
import io.chapar.broker.metadata.MetadataCommand.ChangeIsr;
import io.chapar.broker.metadata.MetadataCommand.Configure;
import io.chapar.broker.metadata.MetadataCommand.ConfigureTopic;
import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.DeleteTopics;
import io.chapar.broker.metadata.MetadataCommand.ElectLeaders;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.FinalizeFeatures;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataCommand.RemoveBroker;
import io.chapar.broker.metadata.MetadataCommand.TakeProducerIds;
import io.chapar.broker.metadata.MetadataCommand.UnfenceBroker;

import java.nio.ByteBuffer;

/// A command on its way to the controller; sent again with the same id until something is known of it.
///
/// @param since the version that its proposer knew when it named it
/// @param encoded the command's bytes, by CommandCodec
record Proposal(ProposalId id, long since, MetadataCommand<?> command, ByteBuffer encoded) {

    /// Whether doing it twice differs from doing it once, so that the log has to remember that it is done. The others
    /// name what they start from: lives and epochs that are gone after the first time;
    /// what advances reassignments does so from wherever they are.
    boolean isRemembered() {
        return switch (command) {
            case RegisterBroker _, FenceBroker _, UnfenceBroker _, ChangeIsr _, AdvanceReassignments _ -> false;
            case ElectLeaders _, CreateTopics _, DeleteTopics _, AddPartitions _, ConfigureTopic _, Configure _,
                    AlterQuotas _, FinalizeFeatures _, AlterReassignments _, RemoveBroker _, TakeProducerIds _ -> true;
        };
    }
}
