package io.chapar.processor;

import io.chapar.client.AbortableException;
import io.chapar.client.ChaparException;
import io.chapar.client.FatalException;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.protocol.ErrorCode;
import org.junit.jupiter.api.Test;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;

class ReactionTest {
    private static final Reaction.Situation NOW = new Reaction.Situation(Delivery.EXACTLY_ONCE, true, false, false);

    /// A producer that asks for a new epoch before it begins (the cluster has moved to another version of transactions)
    /// has nothing to abort, and says so.
    @Test
    void whatHasNotBegunIsNotAborted() {
        for (ChaparException cause : List.of(new RetriableException("the coordinator is away"),
                new AbortableException("not now"), new UnknownOutcomeException("no answer"))) {
            assertEquals(new Reaction.Abandon(CycleState.Way.REOPEN), Reaction.to(new CycleStep.Begin(), cause, NOW));
        }
        assertEquals(new Reaction.AbortAndEnd(), Reaction.to(new CycleStep.Begin(),
                new FatalException(ErrorCode.INVALID_REQUEST, "never"), NOW));
    }
}
