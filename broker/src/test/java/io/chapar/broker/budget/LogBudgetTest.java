package io.chapar.broker.budget;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class LogBudgetTest {
    @Test
    void soManyLinesASecondAndTheRestIsCounted() {
        LogBudget budget = new LogBudget(2);
        long before = LogBudget.leftOut();
        assertEquals("", budget.line(1_000));
        assertEquals("", budget.line(1_500));
        assertNull(budget.line(1_500));
        assertNull(budget.line(1_999));
        assertTrue(LogBudget.leftOut() >= before + 2);
        assertEquals(" (2 more such lines were left out)", budget.line(2_000));
        assertEquals("", budget.line(2_000));
        assertNull(budget.line(2_001));
    }

    @Test
    void aClockThatIsSetBackBeginsAnew() {
        LogBudget budget = new LogBudget(1);
        assertEquals("", budget.line(9_000));
        assertEquals("", budget.line(1_000));
        assertNull(budget.line(1_000));
    }
}
