package io.chapar.broker.group;

import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;

class GroupDeadlinesTest {
    @Test
    void ofGroupsThatAreDueTogetherNoMoreAreTakenThanAreAskedFor() {
        GroupDeadlines deadlines = new GroupDeadlines();
        Map<String, Group> groups = Map.of("a", new Group("a"), "b", new Group("b"), "c", new Group("c"));
        for (String id : List.of("a", "b", "c")) {
            groups.get(id).promised().add("member", 10);
            deadlines.arm(groups.get(id));
        }
        assertEquals(List.of(groups.get("a"), groups.get("b")), deadlines.takeDue(10, groups::get, 2));
        assertEquals(10, deadlines.nextMs());
        assertEquals(List.of(groups.get("c")), deadlines.takeDue(10, groups::get, 2));
        assertEquals(Long.MAX_VALUE, deadlines.nextMs());
    }
}
