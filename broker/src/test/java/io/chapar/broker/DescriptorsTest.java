package io.chapar.broker;

import org.junit.jupiter.api.Test;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class DescriptorsTest {
    private static List<String> said(String limit) {
        return List.of("Limit                     Soft Limit           Hard Limit           Units     ",
                "Max processes             62987                62987                processes ",
                "Max open files            " + limit + "                 524288               files     ");
    }

    @Test
    void theLimitIsTheSoftOne() {
        assertEquals(1024, Descriptors.limit(said("1024")));
        assertEquals(Integer.MAX_VALUE, Descriptors.limit(said("unlimited")));
        assertEquals(Integer.MAX_VALUE, Descriptors.limit(said("9223372036854775807")));
        assertEquals(Integer.MAX_VALUE, Descriptors.limit(List.of()), "where nobody says");
    }

    @Test
    void filesOfTheLogComeFirst() {
        assertEquals(new Descriptors(512, 20_000 - 512 - Descriptors.OTHERS), Descriptors.of(20_000, 512));
        assertEquals(new Descriptors(64, 256 - 64 - Descriptors.OTHERS), Descriptors.of(256, 512));
        assertEquals(new Descriptors(16, 1), Descriptors.of(64, 512), "somebody has to be served");
    }
}
