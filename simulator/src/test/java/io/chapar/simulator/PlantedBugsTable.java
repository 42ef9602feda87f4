package io.chapar.simulator;

import com.sun.tools.attach.VirtualMachine;

import java.io.IOException;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/// What planted bugs come to, one line of the table in docs/simulator.md each, as soon as it is known; in one thread.
///
/// ```
/// java -Djdk.attach.allowAttachSelf=true -cp ... io.chapar.simulator.PlantedBugsTable
///     [--seeds 200] [--from 1] [--seconds 3600] [--catches 0] [--first] [--clusters] [--replicated]
///     [--modern CONSUMERS|SHARE|STREAMS] [--with RESIZING|SLOW|FORMER] [part of a name ...]
/// ```
/// Each bug runs over so many seeds, or over those that its seconds are enough for, and longer until its promise has
/// caught it so often as `--catches` says; with `--first` until its promise catches it. With `--clusters` seeds whose
/// brokers are each by themselves are not run, and count as not caught; with `--replicated` neither are those whose
/// partitions have one replica; with `--modern` those alone run that have such a group, and with `--with` those whose
/// cluster gets another size, whose followers are slow for long, or whose former coordinators are asked. Without a name
/// all bugs run. In the folder of the module.
final class PlantedBugsTable {
    private int seeds = 200;
    private int from = 1;
    private Duration most = Duration.ofHours(1);
    private int catches;
    private boolean first;
    private boolean clusters;
    private boolean replicated;
    /// Null for all worlds.
    private ModernGroup.Kind modern;
    /// Null for all worlds.
    private Kind with;
    private final List<String> names = new ArrayList<>();

    private enum Kind { RESIZING, SLOW, FORMER }

    private PlantedBugsTable() {}

    /// How the virtual machine hands over what changes classes that are loaded.
    public static final class Agent {
        private static Instrumentation code;

        private Agent() {}

        public static void agentmain(String arguments, Instrumentation given) {
            code = given;
        }
    }

    public static void main(String[] arguments) throws Exception {
        PlantedBugsTable table = new PlantedBugsTable();
        table.read(List.of(arguments));
        table.print();
    }

    private void read(List<String> arguments) {
        for (int i = 0; i < arguments.size(); i++) {
            switch (arguments.get(i)) {
                case "--seeds" -> seeds = Integer.parseInt(arguments.get(++i));
                case "--from" -> from = Integer.parseInt(arguments.get(++i));
                case "--seconds" -> most = Duration.ofSeconds(Long.parseLong(arguments.get(++i)));
                case "--catches" -> catches = Integer.parseInt(arguments.get(++i));
                case "--first" -> first = true;
                case "--clusters" -> clusters = true;
                case "--replicated" -> replicated = true;
                case "--modern" -> modern = ModernGroup.Kind.valueOf(arguments.get(++i));
                case "--with" -> with = Kind.valueOf(arguments.get(++i));
                default -> names.add(arguments.get(i));
            }
        }
    }

    private void print() throws Exception {
        attach();
        for (PlantedBug bug : PlantedBugs.all()) {
            if (names.isEmpty() || names.stream().anyMatch(bug.name()::contains)) {
                print(bug);
            }
        }
    }

    private static void attach() throws Exception {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Agent-Class", Agent.class.getName());
        manifest.getMainAttributes().putValue("Can-Redefine-Classes", "true");
        Path jar = Files.createTempFile("planted", ".jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
            out.finish();
        }
        VirtualMachine self = VirtualMachine.attach(Long.toString(ProcessHandle.current().pid()));
        self.loadAgent(jar.toString());
        self.detach();
        Files.delete(jar);
    }

    private void print(PlantedBug bug) throws Exception {
        Path scratch = Files.createTempDirectory("planted");
        try (PlantedBug.Planted planted = bug.plantInPlace(scratch, Agent.code)) {
            PlantedBug.Rate rate = run(bug, planted);
            System.out.println(rate.row(bug));
        } catch (AssertionError e) {
            System.out.println("| " + bug.name() + " | cannot be planted: " + e.getMessage().lines().limit(3).toList());
        } finally {
            delete(scratch);
        }
    }

    private PlantedBug.Rate run(PlantedBug bug, PlantedBug.Planted planted) throws ReflectiveOperationException {
        PlantedBug.Rate rate = new PlantedBug.Rate();
        long begun = System.nanoTime();
        boolean enough = false;
        for (int seed = from; seed < from + seeds && !enough; seed++) {
            long seedBegun = System.nanoTime();
            boolean caught = rate.add(bug, seed, runs(seed) ? planted.broken(seed) : null);
            if (caught) {
                rate.took(seed, (System.nanoTime() - seedBegun) / 1_000_000);
            }
            enough = (first && caught)
                    || (rate.caught() >= catches && System.nanoTime() - begun > most.toNanos());
        }
        System.err.printf(Locale.ROOT, "%s: %d seeds in %.1f s%n", bug.name(), rate.seeds(),
                (System.nanoTime() - begun) / 1e9);
        return rate;
    }

    private boolean runs(int seed) {
        World world = new World(seed);
        Swarm swarm = Swarm.drawn(world);
        boolean isOfKind = switch (with) {
            case RESIZING -> Resizing.happens(world, swarm, Extras.drawn(world, swarm));
            case SLOW -> SlowFollowers.happen(world, swarm);
            case FORMER -> FormerCoordinator.isThere(world, swarm);
            case null -> true;
        };
        return isOfKind && (!clusters || swarm.cluster()) && (!replicated || swarm.replicated())
                && (modern == null || ModernGroup.drawn(new World(seed)).kind() == modern);
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path one : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(one);
            }
        }
    }
}
