package io.chapar.processor;

import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;

/// An application is started again with another grace: what has closed stays closed, and is given once.
class GraceChangeTest {
    private static final Serde<String> TEXT = Serdes.string();
    private static final String CHANGELOG = "test-step-changelog";
    private static final Duration SIZE = Duration.ofMillis(100);

    /// Of each kind what becomes of records at 10, 90, 120 and 300, and of later ones.
    private enum Kind {
        TUMBLING {
            @Override
            Stream<String, String> results(KeyedStream<String, String> in, Duration grace, boolean emitFinal) {
                return counts(in.windowedBy(TimeWindows.tumbling(SIZE).grace(grace)), emitFinal);
            }
        },
        HOPPING {
            @Override
            Stream<String, String> results(KeyedStream<String, String> in, Duration grace, boolean emitFinal) {
                return counts(in.windowedBy(TimeWindows.hopping(SIZE, Duration.ofMillis(50)).grace(grace)), emitFinal);
            }
        },
        SLIDING {
            @Override
            Stream<String, String> results(KeyedStream<String, String> in, Duration grace, boolean emitFinal) {
                return counts(in.windowedBy(SlidingWindows.within(SIZE).grace(grace)), emitFinal);
            }
        },
        SESSIONS {
            @Override
            Stream<String, String> results(KeyedStream<String, String> in, Duration grace, boolean emitFinal) {
                SessionStream<String, String> sessions = in.windowedBy(SessionWindows.withGap(SIZE).grace(grace));
                return shown((emitFinal ? sessions.emitFinal() : sessions).count("step"));
            }
        };

        abstract Stream<String, String> results(KeyedStream<String, String> in, Duration grace, boolean emitFinal);

        TestDriver start(long graceMs, boolean emitFinal) {
            return driver(results(Topology.from("in", TEXT, TEXT).groupByKey(TEXT), Duration.ofMillis(graceMs),
                    emitFinal));
        }

        private static Stream<String, String> counts(WindowedStream<String, String> windows, boolean emitFinal) {
            return shown((emitFinal ? windows.emitFinal() : windows).count("step"));
        }

        private static Stream<String, String> shown(Stream<Windowed<String>, Long> counts) {
            return counts.map(record -> record.with(record.key().key(),
                    record.key().startMs() + "-" + record.key().endMs() + ":" + record.value()));
        }
    }

    private enum Join { LEFT, OUTER }

    private static TestDriver join(Join join, long graceMs) {
        KeyedStream<String, String> in = Topology.from("in", TEXT, TEXT).groupByKey(TEXT);
        KeyedStream<String, String> other = Topology.from("other", TEXT, TEXT).groupByKey(TEXT);
        JoinWindows windows = JoinWindows.within(SIZE).grace(Duration.ofMillis(graceMs));
        return driver(switch (join) {
            case LEFT -> in.leftJoin("step", other, windows, TEXT, TEXT, (left, right) -> left + "+" + right);
            case OUTER -> other.outerJoin("step", in, windows, TEXT, TEXT, (left, right) -> right + "+" + left);
        });
    }

    private static TestDriver driver(Stream<String, String> results) {
        return TestDriver.of(results.to("out", TEXT, TEXT),
                TestDriver.Settings.of(Delivery.EXACTLY_ONCE).withCommitRecords(1, 1));
    }

    /// What the first one has kept, at the start of the second one.
    private static void handOver(TestDriver first, TestDriver second) {
        for (StreamRecord<byte[], byte[]> entry : first.read(CHANGELOG, Serdes.bytes(), Serdes.bytes())) {
            second.pipe(CHANGELOG, Serdes.bytes(), Serdes.bytes(), entry.key(), entry.value());
        }
    }

    private static List<String> pipe(TestDriver driver, long... times) {
        for (long time : times) {
            driver.pipe("in", TEXT, TEXT, "k", "at " + time, time);
        }
        return driver.run().read("out", TEXT, TEXT).stream().map(StreamRecord::value).toList();
    }

    private static List<String> given(TestDriver first, long[] times, TestDriver second, long... later) {
        try (first; second) {
            List<String> given = new ArrayList<>(pipe(first, times));
            handOver(first, second);
            given.add("again");
            given.addAll(pipe(second, later));
            given.add("late: " + second.status().lateRecords());
            return given;
        }
    }

    /// 110 is late by the grace of now, though not by that of before.
    @ParameterizedTest
    @EnumSource
    void withLessGraceNoneIsLeftOut(Kind kind) {
        assertEquals(switch (kind) {
            case TUMBLING -> List.of("0-100:2", "again", "100-200:1", "300-400:1", "400-500:1", "late: 1");
            case HOPPING -> List.of("0-100:2", "50-150:2", "again", "100-200:1", "250-350:1", "300-400:1",
                    "350-450:1", "400-500:1", "late: 1");
            case SLIDING -> List.of("0-100:2", "11-111:1", "20-120:2", "again", "91-191:1", "200-300:1", "300-400:2",
                    "301-401:1", "late: 1");
            case SESSIONS -> List.of("again", "10-120:3", "300-400:2", "late: 1");
        }, given(kind.start(150, true), new long[] {10, 90, 120, 300}, kind.start(0, true), 400, 110, 5_000));
    }

    /// 20 came late before, and does so now.
    @ParameterizedTest
    @EnumSource
    void withMoreGraceNoneIsGivenAgain(Kind kind) {
        assertEquals(switch (kind) {
            case TUMBLING -> List.of("0-100:2", "100-200:1", "again", "300-400:2", "late: 1");
            case HOPPING -> List.of("0-100:2", "50-150:2", "100-200:1", "again", "250-350:2", "300-400:2", "late: 1");
            case SLIDING -> List.of("0-100:2", "11-111:1", "20-120:2", "91-191:1", "again", "200-300:1", "210-310:2",
                    "301-401:1", "late: 1");
            case SESSIONS -> List.of("10-120:3", "again", "300-310:2", "late: 1");
        }, given(kind.start(0, true), new long[] {10, 90, 120, 300}, kind.start(500, true), 20, 310, 5_000));
    }

    /// Results of which each is given at once: a window whose row is gone does not count from 1.
    @ParameterizedTest
    @EnumSource
    void withMoreGraceNoneBeginsAgain(Kind kind) {
        try (TestDriver first = kind.start(0, false); TestDriver second = kind.start(500, false)) {
            pipe(first, 10, 90, 120, 300);
            handOver(first, second);
            assertEquals(List.of(), pipe(second, 20));
            assertEquals(1, second.status().lateRecords());
        }
    }

    /// What was given for the less grace of the second start stays given with the third one.
    @ParameterizedTest
    @EnumSource
    void thereAndBackNoneIsGivenAgain(Kind kind) {
        try (TestDriver first = kind.start(500, true); TestDriver second = kind.start(0, true);
                TestDriver third = kind.start(500, true)) {
            assertEquals(List.of(), pipe(first, 10, 90, 120, 300));
            handOver(first, second);
            List<String> given = pipe(second, 300);
            handOver(second, third);
            assertEquals(List.of(), pipe(third, 20), given.toString());
            assertEquals(1, third.status().lateRecords());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aJoinGivesEachOnce(Join join) {
        assertEquals(List.of("at 10+null", "again", "at 120+null", "at 300+null", "at 400+null", "late: 0"),
                given(join(join, 150), new long[] {10, 120, 300}, join(join, 0), 400, 5_000));
        assertEquals(List.of("at 10+null", "at 120+null", "again", "at 20+null", "at 300+null", "late: 0"),
                given(join(join, 0), new long[] {10, 120, 300}, join(join, 500), 20, 5_000));
    }

    /// Before the next record comes.
    @Test
    void whatLessGraceClosesIsGivenAtTheStart() {
        try (TestDriver first = Kind.TUMBLING.start(500, true); TestDriver second = Kind.TUMBLING.start(0, true)) {
            pipe(first, 10, 300);
            handOver(first, second);
            assertEquals(List.of("0-100:1"), pipe(second, 300));
        }
    }
}
