package io.chapar.bench;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

/// The benchmarks stand on top: nothing of Chapar knows them, and what is measured as a process is not called.
final class BenchArchitectureTest {
    private static final JavaClasses CHAPAR = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            // Generated, from schemas alone.
            .withImportOption(location -> !location.contains("/io/chapar/protocol/message/"))
            .importPackages("io.chapar");

    @Test
    void nothingStandsOnTheBenchmarks() {
        noClasses().that().resideInAPackage("io.chapar..").and().resideOutsideOfPackage("io.chapar.bench..")
                .should().dependOnClassesThat().resideInAnyPackage("io.chapar.bench..", "org.openjdk.jmh..",
                        "org.apache.kafka..", "kafka..").check(CHAPAR);
    }

    @Test
    void theSideBySideRunKnowsBrokersAsProcessesAlone() {
        noClasses().that().resideInAPackage("io.chapar.bench")
                .should().dependOnClassesThat().resideInAnyPackage("io.chapar.broker..", "io.chapar.protocol..",
                        "io.chapar.client..", "io.chapar.txn..", "io.chapar.processor..", "io.chapar.cli..",
                        "kafka..").check(CHAPAR);
    }
}
