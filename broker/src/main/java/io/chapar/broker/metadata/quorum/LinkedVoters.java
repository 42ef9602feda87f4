package io.chapar.broker.metadata.quorum;

import org.apache.ratis.conf.Parameters;
import org.apache.ratis.rpc.RpcType;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServerRpc;
import org.apache.ratis.server.ServerFactory;

/// The library without a port: its servers speak over the links between brokers, with their secret, their certificates
/// and their bounds. The library's own transports take what anybody sends, of any length, serve its clients and whoever
/// manages its groups beside the voters, and ask nobody who it is.
///
/// Made by the library, by its name.
public final class LinkedVoters implements RpcType {
    private static final String LINK = "chapar.consensus.link";
    private static final String HERE = "chapar.consensus.here";

    /// What [#newFactory] has to be given.
    static Parameters parameters(ConsensusLink link, Voter here) {
        Parameters parameters = new Parameters();
        parameters.put(LINK, link, ConsensusLink.class);
        parameters.put(HERE, here, Voter.class);
        return parameters;
    }

    @Override
    public String name() {
        return LinkedVoters.class.getName();
    }

    @Override
    public ServerFactory newFactory(Parameters parameters) {
        ConsensusLink link = parameters.getNonNull(LINK, ConsensusLink.class);
        Voter here = parameters.getNonNull(HERE, Voter.class);
        return new ServerFactory() {
            @Override
            public RaftServerRpc newRaftServerRpc(RaftServer server) {
                return new VoterCalls(LinkedVoters.this, here, server, link);
            }

            @Override
            public RpcType getRpcType() {
                return LinkedVoters.this;
            }
        };
    }
}
