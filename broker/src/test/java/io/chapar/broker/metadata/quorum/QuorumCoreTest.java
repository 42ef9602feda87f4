package io.chapar.broker.metadata.quorum;

import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.MetadataCommand.TakeProducerIds;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.quorum.QuorumEffect.Answer;
import io.chapar.broker.metadata.quorum.QuorumEffect.Forward;
import io.chapar.broker.metadata.quorum.QuorumOutcome.Refused;
import io.chapar.broker.metadata.quorum.QuorumOutcome.Unknown;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

/// What the property comes to too seldom.
class QuorumCoreTest {
    private static final Refused FULL = new Refused(ErrorCode.REQUEST_TIMED_OUT, "full");

    private final List<QuorumEffect> effects = new ArrayList<>();
    private final QuorumCore core = new QuorumCore(
            new ControllerCore(new Random(1), TopicConfig::problem), 1, QuorumState.EMPTY, effects::add);

    private <T extends QuorumEffect> T only(Class<T> type) {
        assertEquals(1, effects.size(), effects::toString);
        return assertInstanceOf(type, effects.removeFirst());
    }

    @Test
    void aRefusalIsHandedOnWhereNobodyElseHasTheWish() {
        core.role(new QuorumRole.Follows(2), 0);
        core.propose(7, new TakeProducerIds(1), 1_000, 0);
        core.forwarded(only(Forward.class).attempt(), FULL, 10);
        assertEquals(new Answer(7, FULL), only(Answer.class));
    }

    @Test
    void aRefusalSaysNothingOfWhatAnEarlierControllerDoes() {
        core.role(new QuorumRole.Follows(2), 0);
        core.propose(7, new TakeProducerIds(1), 1_000, 0);
        assertEquals(2, only(Forward.class).controller());
        core.role(new QuorumRole.Follows(3), 10);
        Forward second = only(Forward.class);
        assertEquals(3, second.controller());
        core.forwarded(second.attempt(), FULL, 20);
        assertEquals(List.of(), effects, "it is asked for again");
        core.tick(core.nextMs());
        assertEquals(second.proposal(), only(Forward.class).proposal());
        core.tick(1_000);
        assertInstanceOf(Unknown.class, only(Answer.class).outcome());
    }

    /// Where the gate opens later, the same wish may come again.
    @Test
    void whatTheGateRefusesIsNotDecided() {
        core.role(new QuorumRole.Controls(), 0);
        core.gate(command -> command.equals(new TakeProducerIds(2))
                ? new MetadataLog.Refused<>(FULL.error(), FULL.reason()) : null);
        core.propose(1, new TakeProducerIds(2), 1_000, 0);
        assertEquals(new Answer(1, FULL), only(Answer.class));
        core.propose(2, new TakeProducerIds(1), 1_000, 0);
        assertEquals(1, only(QuorumEffect.Submit.class).entry().answers().size());
    }

    @Test
    void moreThanMayWaitIsRefused() {
        for (int i = 0; i < QuorumCore.MAX_WAITING; i++) {
            core.propose(i, new TakeProducerIds(1), 1_000, 0);
        }
        assertEquals(List.of(), effects);
        core.propose(-1, new TakeProducerIds(1), 1_000, 0);
        assertInstanceOf(Refused.class, only(Answer.class).outcome());
        core.tick(1_000);
        assertEquals(QuorumCore.MAX_WAITING, effects.size());
        assertEquals(Long.MAX_VALUE, core.nextMs());
    }
}
