package io.chapar.cli;

import io.chapar.client.admin.GroupListing;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class GroupLagTest {
    private static int looked(int groups, long eachMs) {
        List<GroupListing> all = IntStream.range(0, groups).mapToObj(GroupLagTest::group).toList();
        AtomicLong nowNs = new AtomicLong(-7);
        return GroupLag.look(all, _ -> {
            nowNs.addAndGet(eachMs * 1_000_000);
            return Map.of();
        }, nowNs::get).size();
    }

    private static GroupListing group(int number) {
        return new GroupListing("g" + number, "consumer", "Stable", "Classic");
    }

    /// Which of them are behind cannot be told by their names.
    @Test
    void allAreLookedAtThatTimeIsFor() {
        assertEquals(0, looked(0, 1));
        assertEquals(4_000, looked(4_000, 1));
        assertEquals(50, looked(4_000, 100));
        assertEquals(1, looked(4_000, 30_000));
    }
}
