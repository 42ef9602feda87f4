package io.chapar.cli;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toList;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/// Which module may use which, and what the cores must not touch: the build proves both.
final class ArchitectureTest {
    private static final JavaClasses CHAPAR = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.chapar");

    private static final String[] JDK = {"java..", "javax..", "jdk.."};
    /// Generated, with the names that Kafka's schemas give.
    private static final Set<String> KAFKAS = Set.of("io.chapar.protocol.message", "io.chapar.protocol.coordinator");
    private static final String NULLNESS = "org.jspecify.annotations..";

    /// Calls whose answer differs from run to run.
    private static final Map<String, Set<String>> AMBIENT = Map.of(
            "java.lang.System", Set.of("currentTimeMillis", "nanoTime"),
            "java.time.Instant", Set.of("now"),
            "java.time.LocalDateTime", Set.of("now"),
            "java.time.Clock", Set.of("systemUTC", "systemDefaultZone"),
            "java.lang.Math", Set.of("random"),
            "java.util.UUID", Set.of("randomUUID"),
            "java.util.Collection", Set.of("parallelStream"));

    /// Types that have no place in a core: threads and locks, randomness of their own, the network, files, logs.
    private static final String[] OUTSIDE_PACKAGES = {"io.netty..", "org.slf4j..", "java.nio.file..",
        "java.nio.channels..", "java.net..", "java.util.concurrent.locks..", "java.util.logging..",
        "java.lang.management.."};
    private static final Set<String> OUTSIDE_TYPES = Set.of(
            "java.lang.Thread", "java.lang.ThreadLocal", "java.util.concurrent.ThreadLocalRandom", "java.util.Random",
            "java.security.SecureRandom", "java.util.Timer", "java.util.concurrent.Executors",
            "java.util.concurrent.ExecutorService", "java.util.concurrent.ScheduledExecutorService",
            "java.io.File", "java.io.FileInputStream", "java.io.FileOutputStream", "java.io.RandomAccessFile",
            "java.util.HashMap", "java.util.HashSet", "java.util.IdentityHashMap");

    @Test
    void everyModuleIsThere() {
        for (String module
                : new String[] {"protocol", "transport", "txn", "broker", "client", "processor", "testkit", "simulator",
                    "examples", "console", "cli"}) {
            String prefix = "io.chapar." + module + ".";
            assertTrue(CHAPAR.stream().anyMatch(type -> type.getFullName().startsWith(prefix)), module);
        }
    }

    @Test
    void theProtocolStandsOnTheJdkAndTheCompressionLibraries() {
        onlyDependsOn("io.chapar.protocol", "com.github.luben.zstd..", "net.jpountz..", "org.xerial.snappy..");
    }

    @Test
    void theCompressionLibrariesHaveOnePlace() {
        noClasses().that().resideInAPackage("io.chapar..")
                .and().resideOutsideOfPackage("io.chapar.protocol.record.compress..")
                .should().dependOnClassesThat()
                .resideInAnyPackage("com.github.luben.zstd..", "net.jpountz..", "org.xerial.snappy..").check(CHAPAR);
    }

    @Test
    void theTransactionCoordinatorStandsOnTheProtocol() {
        onlyDependsOn("io.chapar.txn", "io.chapar.protocol..");
    }

    @Test
    void theBrokerStandsOnProtocolAndTransactionCoordinator() {
        onlyDependsOn("io.chapar.broker", "io.chapar.protocol..", "io.chapar.transport..", "io.chapar.txn..",
                "io.netty..", "org.slf4j..", "com.github.benmanes.caffeine..", "io.prometheus..", "com.google.re2j..",
                "org.apache.ratis..", "com.sun.net.httpserver..");
    }

    @Test
    void theMetricsLibrariesHaveOnePlaceEach() {
        noClasses().that().resideInAPackage("io.chapar..")
                .and().resideOutsideOfPackages("io.chapar.broker.metrics..", "io.chapar.cli.otlp..")
                .should().dependOnClassesThat().resideInAnyPackage("io.prometheus..").check(CHAPAR);
        noClasses().that().resideInAPackage("io.chapar..")
                .and().resideOutsideOfPackage("io.chapar.cli.otlp..")
                .should().dependOnClassesThat().resideInAnyPackage("io.opentelemetry..").check(CHAPAR);
    }

    /// Whoever has not got them can run what does not ask for them.
    @Test
    void optionalLibrariesOfTheProcessorHaveOnePlaceEach() {
        noClasses().that().resideInAPackage("io.chapar..")
                .and().resideOutsideOfPackage("io.chapar.processor.micrometer..")
                .should().dependOnClassesThat().resideInAnyPackage("io.micrometer..").check(CHAPAR);
    }

    @Test
    void theConsensusLibraryHasOnePlace() {
        noClasses().that().resideInAPackage("io.chapar..")
                .and().resideOutsideOfPackage("io.chapar.broker.metadata.quorum..")
                .should().dependOnClassesThat().resideInAnyPackage("org.apache.ratis..").check(CHAPAR);
    }

    @Test
    void theTransportStandsOnTheProtocol() {
        onlyDependsOn("io.chapar.transport", "io.chapar.protocol..", "io.netty..", "org.slf4j..");
    }

    @Test
    void theClientStandsOnProtocolAndTransport() {
        onlyDependsOn("io.chapar.client", "io.chapar.protocol..", "io.chapar.transport..", "org.slf4j..",
                "com.github.benmanes.caffeine..");
    }

    @Test
    void theProcessorStandsOnTheClient() {
        onlyDependsOn("io.chapar.processor", "io.chapar.client..", "io.chapar.transport..", "io.chapar.protocol..",
                "org.slf4j..", "org.rocksdb..", "tools.jackson..", "io.micrometer..");
    }

    /// A client like any other, whatever process it runs in: the broker knows nothing of it.
    @Test
    void theConsoleStandsOnTheClient() {
        onlyDependsOn("io.chapar.console", "io.chapar.client..", "io.chapar.transport..", "io.chapar.protocol..",
                "org.slf4j..", "tools.jackson..", "com.fasterxml.jackson.annotation..", "com.sun.net.httpserver..");
    }

    /// Real cores without what they run on in production: no sockets, files, threads or clocks.
    @Test
    void theSimulatorStandsOnTheCoresAlone() {
        onlyDependsOn("io.chapar.simulator", "io.chapar.broker..", "io.chapar.txn..", "io.chapar.client..",
                "io.chapar.transport..", "io.chapar.processor..", "io.chapar.protocol..");
        noClasses().that().resideInAPackage("io.chapar.simulator..")
                .should().dependOnClassesThat().resideInAnyPackage(OUTSIDE_PACKAGES)
                .orShould().dependOnClassesThat(named("types from outside", OUTSIDE_TYPES::contains)).check(CHAPAR);
        noClasses().that().resideInAPackage("io.chapar.simulator..").should().accessTargetWhere(ambient())
                .check(CHAPAR);
    }

    @Test
    void examplesStandOnWhatTheirReadersHave() {
        onlyDependsOn("io.chapar.examples", "io.chapar.processor..", "io.chapar.client..", "io.chapar.protocol..",
                "org.slf4j..");
    }

    /// What applications are tested with is no part of what runs.
    @Test
    void theTestKitStandsOnBrokerAndProcessorAndNothingOnIt() {
        onlyDependsOn("io.chapar.testkit", "io.chapar.processor..", "io.chapar.broker..", "io.chapar.client..",
                "io.chapar.protocol..", "org.junit.jupiter.api..");
        noClasses().that().resideInAPackage("io.chapar..").and().resideOutsideOfPackage("io.chapar.testkit..")
                .should().dependOnClassesThat().resideInAPackage("io.chapar.testkit..").check(CHAPAR);
    }

    @Test
    void nothingStandsOnTheCommandLine() {
        noClasses().that().resideInAPackage("io.chapar..").and().resideOutsideOfPackage("io.chapar.cli..")
                .should().dependOnClassesThat().resideInAPackage("io.chapar.cli..").check(CHAPAR);
    }

    @Test
    void noPackageIsADrawer() {
        noClasses().that().resideInAPackage("io.chapar..").should()
                .resideInAnyPackage("..util..", "..utils..", "..common..", "..helper..", "..impl..").check(CHAPAR);
    }

    @Test
    void noPackagesImportEachOtherInACircle() {
        slices().matching("io.chapar.(**)").should().beFreeOfCycles().check(CHAPAR);
    }

    /// Of what other packages see. A package may name what is its own alone as it likes.
    @Test
    void oneSimpleNameIsForOneThing() {
        Map<String, List<String>> byName = CHAPAR.stream()
                .filter(type -> type.getModifiers().contains(JavaModifier.PUBLIC) && type.isTopLevelClass())
                .filter(type -> !KAFKAS.contains(type.getPackageName()))
                .collect(groupingBy(JavaClass::getSimpleName, TreeMap::new, mapping(JavaClass::getName, toList())));
        assertTrue(byName.size() > 200, "types are seen");
        byName.values().removeIf(names -> names.size() == 1);
        assertEquals(Map.of(), byName);
    }

    @Test
    void coresTouchNothingOutside() {
        ArchRule noTypes = noClasses().that(areCores())
                .should().dependOnClassesThat().resideInAnyPackage(OUTSIDE_PACKAGES)
                .orShould().dependOnClassesThat(named("types from outside", OUTSIDE_TYPES::contains))
                .allowEmptyShould(true);
        noTypes.check(CHAPAR);
        noClasses().that(areCores()).should().accessTargetWhere(ambient()).allowEmptyShould(true).check(CHAPAR);
    }

    /// Pure by their package; in the group package those that are not hosts of the pure ones; by name elsewhere.
    private static DescribedPredicate<JavaClass> areCores() {
        return new DescribedPredicate<>("are cores") {
            @Override
            public boolean test(JavaClass type) {
                String place = type.getPackageName();
                if (within(place, "io.chapar.protocol") || within(place, "io.chapar.txn")
                        || within(place, "io.chapar.broker.producer")
                        || within(place, "io.chapar.broker.log.compact")) {
                    return true;
                }
                String name = outermost(type).getSimpleName();
                if (within(place, "io.chapar.broker.group")) {
                    return !name.endsWith("Host") && !name.endsWith("Coordinators") && !name.endsWith("Adapter")
                            && !name.endsWith("Handler");
                }
                return within(place, "io.chapar") && name.endsWith("Core");
            }
        };
    }

    private static boolean within(String place, String root) {
        return place.equals(root) || place.startsWith(root + ".");
    }

    private static JavaClass outermost(JavaClass type) {
        JavaClass outer = type;
        while (outer.getEnclosingClass().isPresent()) {
            outer = outer.getEnclosingClass().get();
        }
        return outer;
    }

    private static DescribedPredicate<JavaAccess<?>> ambient() {
        return new DescribedPredicate<>("time or randomness of the machine") {
            @Override
            public boolean test(JavaAccess<?> access) {
                AccessTarget target = access.getTarget();
                return AMBIENT.getOrDefault(target.getOwner().getFullName(), Set.of()).contains(target.getName());
            }
        };
    }

    private static DescribedPredicate<JavaClass> named(String description, Predicate<String> names) {
        return new DescribedPredicate<>(description) {
            @Override
            public boolean test(JavaClass type) {
                return names.test(type.getFullName());
            }
        };
    }

    private static void onlyDependsOn(String root, String... others) {
        classes().that().resideInAPackage(root + "..").should().onlyDependOnClassesThat(
                resideInAnyPackage(JDK).or(resideInAnyPackage(NULLNESS)).or(resideInAnyPackage(root + ".."))
                        .or(resideInAnyPackage(others))
                        .or(not(resideInAnyPackage("..")))
                        .or(DescribedPredicate.describe("primitives and arrays of them",
                                type -> type.getPackageName().isEmpty())))
                .check(CHAPAR);
    }
}
