package io.chapar.broker.net;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class AdmissionTest {
    private boolean givesWay;
    private final Admission admission = new Admission(3, 2, () -> givesWay);

    private void assertRefused(String address, String setting) {
        String why = admission.enters(address);
        assertTrue(why != null && why.contains("(" + setting + ")"), why);
    }

    @Test
    void soManyMayComeFromOneAddress() {
        assertNull(admission.enters("a"));
        assertNull(admission.enters("a"));
        assertRefused("a", "max.connections.per.ip");
        assertNull(admission.enters("b"));
        admission.leaves("a");
        assertNull(admission.enters("a"));
    }

    @Test
    void andSoManyInAll() {
        assertNull(admission.enters("a"));
        assertNull(admission.enters("b"));
        assertNull(admission.enters("c"));
        assertRefused("d", "max.connections");
        assertEquals(3, admission.open(), "who is refused is not counted");
        admission.leaves("b");
        assertNull(admission.enters("d"));
    }

    @Test
    void oneMoreComesWhereAnotherGivesWayButNoneForWhoIsRefusedAnyway() {
        assertNull(admission.enters("a"));
        assertNull(admission.enters("a"));
        assertNull(admission.enters("b"));
        givesWay = true;
        assertNull(admission.enters("c"));
        assertRefused("a", "max.connections.per.ip");
        admission.leaves("b");
        assertEquals(3, admission.open());
        givesWay = false;
        assertRefused("d", "max.connections");
    }
}
