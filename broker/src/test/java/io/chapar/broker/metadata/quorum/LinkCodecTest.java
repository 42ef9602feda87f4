package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.CommandCodec;
import io.chapar.broker.metadata.MetadataCommand.TakeProducerIds;
import io.chapar.broker.peer.Matter;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

class LinkCodecTest {
    static List<QuorumOutcome> outcomes() {
        return List.of(
                new QuorumOutcome.Done(7, ByteBuffer.wrap(new byte[] {1, 2, 3})),
                new QuorumOutcome.Refused(ErrorCode.REQUEST_TIMED_OUT, "Nothing was done: چاپار."),
                new QuorumOutcome.Unknown(ErrorCode.NOT_CONTROLLER, ""),
                new QuorumOutcome.Elsewhere());
    }

    @ParameterizedTest
    @MethodSource("outcomes")
    void outcomesComeBackAsTheyWere(QuorumOutcome outcome) throws IOException {
        assertEquals(outcome, LinkCodec.decodeOutcome(LinkCodec.encode(outcome)));
    }

    @Test
    void proposalsComeBackAsTheyWere() throws IOException {
        TakeProducerIds command = new TakeProducerIds(5);
        Proposal proposal = new Proposal(new ProposalId(-3, 4), 9, command, CommandCodec.encode(command));
        assertEquals(proposal, LinkCodec.decodeProposal(LinkCodec.encode(proposal)));
    }

    @Test
    void whatNobodyCanReadIsRefused() {
        ByteBuffer proposal = ByteBuffer.allocate(30);
        assertThrows(IOException.class, () -> LinkCodec.decodeProposal(proposal));
        assertThrows(IOException.class, () -> LinkCodec.decodeProposal(ByteBuffer.allocate(3)));
        assertThrows(IOException.class, () -> LinkCodec.decodeOutcome(ByteBuffer.allocate(0)));
        assertThrows(IOException.class, () -> LinkCodec.decodeOutcome(ByteBuffer.wrap(new byte[] {9})));
        assertThrows(IOException.class, () -> LinkCodec.decodeOutcome(ByteBuffer.wrap(new byte[] {1, 2})));
    }

    @Test
    void linksCarryTheLargestThatTheLibrarySays() {
        assertTrue(RatisVoter.ENTRY_BYTES + (16 << 10) <= Matter.CONSENSUS.mostBytes());
    }
}
