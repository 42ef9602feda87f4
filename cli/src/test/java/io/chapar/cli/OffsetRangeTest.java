package io.chapar.cli;

import io.chapar.cli.OffsetRange.End;
import io.chapar.cli.OffsetRange.Start;
import org.junit.jupiter.api.Test;

import java.util.LinkedHashMap;
import java.util.Map;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

class OffsetRangeTest {
    private static final long NOW_MS = 1_700_000_000_000L;

    @Test
    void whatIsMeant() {
        Map<String, OffsetRange> meant = new LinkedHashMap<>();
        meant.put("earliest", new OffsetRange(new Start.Earliest(), null));
        meant.put("end", new OffsetRange(new Start.Latest(), null));
        meant.put("17", new OffsetRange(new Start.At(17), null));
        meant.put("-10", new OffsetRange(new Start.Last(10), null));
        meant.put("+3", new OffsetRange(new Start.Beyond(3), null));
        meant.put(":end", new OffsetRange(new Start.Earliest(), new End.Now()));
        meant.put("5:", new OffsetRange(new Start.At(5), null));
        meant.put("-10:end", new OffsetRange(new Start.Last(10), new End.Now()));
        meant.put("2:9", new OffsetRange(new Start.At(2), new End.Before(9)));
        meant.put("@-1h:end", new OffsetRange(new Start.Since(NOW_MS - 3_600_000), new End.Now()));
        meant.put("@-2d:-30m", new OffsetRange(
                new Start.Since(NOW_MS - 172_800_000), new End.Until(NOW_MS - 1_800_000)));
        meant.put("@1600000000:@1600000000001", new OffsetRange(
                new Start.Since(1_600_000_000_000L), new End.Until(1_600_000_000_001L)));
        meant.put("@2023-11-14T22:13:20Z:end", new OffsetRange(new Start.Since(NOW_MS), new End.Now()));
        meant.forEach((text, range) -> assertEquals(range, OffsetRange.parse(text, NOW_MS), text));
        for (String none : new String[] {
            "", "x", "5-7", "@", "@x", "5:x", "--5", "1234567890123456789012", "@-1y", "::"}) {
            assertNull(OffsetRange.parse(none, NOW_MS), none);
        }
    }

    @Test
    void theHelpShowsTheFieldsOfAFormat() {
        String help = Run.of("consume", "--help").out();
        assertTrue(help.contains("%t topic") && help.contains("'%p %o %k=%v\\n'"), help);
        assertTrue(Run.of("produce", "--help").out().contains("\\n or \\r\\n"), Run.of("produce", "--help").out());
    }
}
