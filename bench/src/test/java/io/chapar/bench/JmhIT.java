package io.chapar.bench;

import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Every benchmark of the parts runs: one short iteration each, in this process.
final class JmhIT {
    @Test
    void everyBenchmarkRuns() throws Exception {
        Collection<RunResult> results = new Runner(new OptionsBuilder()
                .include("io.chapar.bench.jmh.*")
                .param("recordBytes", "100")
                .forks(0)
                .warmupIterations(0)
                .measurementIterations(1)
                .measurementTime(TimeValue.milliseconds(20))
                .verbosity(VerboseMode.SILENT)
                .shouldFailOnError(true)
                .build()).run();
        Set<String> names = results.stream()
                .map(result -> result.getParams().getBenchmark().replaceAll("^.*\\.(\\w+\\.\\w+)$", "$1"))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(Set.of("BatchParsing.checksum", "BatchParsing.walk", "PartitionAppend.append",
                "PartitionRead.readAnywhere", "PartitionRead.readAtTheEnd", "PartitionRead.offsetForTimestamp",
                "PartitionRecovery.recover"), names);
        for (RunResult result : results) {
            assertTrue(result.getPrimaryResult().getScore() > 0, result.toString());
        }
    }
}
