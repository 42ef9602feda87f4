package io.chapar.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.LinkedHashMap;
import java.util.Map;

@Command(name = "profile",
        description = "Name clusters, and say which of them commands talk to.",
        footer = {"",
            "A command talks to what --bootstrap says, else to what CHAPAR_BOOTSTRAP says, else to the profile in use,",
            "else to " + Chapar.DEFAULT_BOOTSTRAP + ". 'chapar status' shows which it was."})
final class ProfileCommand extends NounCommand {
    @Command(name = "create", description = "Name the brokers that --bootstrap says, and use them from now on.",
            footer = {"", "Example:", "  chapar profile create staging --bootstrap broker-1:9092,broker-2:9092"})
    static final class Create extends ClusterCommand {
        @Parameters(paramLabel = "NAME", description = "The profile's name.")
        String name;

        @Option(names = "--replace", description = "Also where there is one of that name.")
        boolean replace;

        @Override
        public Integer call() {
            String problem = Profiles.problem(name);
            if (problem != null) {
                throw usage(problem);
            }
            if (chapar().given == null) {
                throw usage("Say which brokers, with --bootstrap HOST:PORT[,...].");
            }
            Profiles before = Profiles.read();
            if (!replace && before.bootstraps().containsKey(name)) {
                throw new CommandFailure("There is a profile '" + name + "' already; --replace replaces it");
            }
            before.with(name, bootstrap()).write();
            said("Created profile " + name + ", which is in use now.");
            return DONE;
        }
    }

    @Command(name = "use", description = "Let commands talk to the brokers of this profile from now on.",
            footer = {"", "Example:", "  chapar profile use staging"})
    static final class Use extends ClusterCommand {
        @Parameters(paramLabel = "NAME", description = "The profile's name.")
        String name;

        @Override
        public Integer call() {
            Profiles.read().use(name).write();
            said("Commands talk to " + Profiles.read().require(name) + " now.");
            return DONE;
        }
    }

    @Command(name = "list", description = "List profiles.", footer = {"", "Example:", "  chapar profile list"})
    static final class ListAll extends ClusterCommand {
        @Override
        public Integer call() {
            Profiles all = Profiles.read();
            Table table = new Table("name", "bootstrap", "inUse");
            all.bootstraps().forEach((name, bootstrap) -> table.row(name, bootstrap, name.equals(all.inUse())));
            Listing listing = new Listing(table);
            (table.isEmpty() ? listing.line("There is no profile; 'chapar profile create' makes one.") : listing)
                    .print(format(), out());
            return DONE;
        }
    }

    @Command(name = "show", description = "Show a profile, or whom commands talk to now and why.",
            footer = {"", "Examples:", "  chapar profile show", "  chapar profile show staging -o json"})
    static final class Show extends ClusterCommand {
        @Parameters(paramLabel = "NAME", arity = "0..1", description = "The profile's name (default: the one in use).")
        @Nullable String name;

        @Override
        public Integer call() {
            String named = name;
            Talk talk = named == null ? chapar().talk() : new Talk(Profiles.read().require(named), "profile " + named);
            if (structured()) {
                Map<String, Object> all = new LinkedHashMap<>();
                all.put("bootstrap", talk.bootstrap());
                all.put("from", talk.from());
                all.put("file", Profiles.file().toString());
                show(all);
            } else {
                out().println("Bootstrap servers: " + talk.bootstrap());
                out().println("From:              " + talk.from());
                out().println("Profiles are in:   " + Profiles.file());
            }
            return DONE;
        }
    }

    @Command(name = "delete", description = "Forget a profile. The cluster stays as it is.",
            footer = {"", "Example:", "  chapar profile delete staging"})
    static final class Delete extends ClusterCommand {
        @Parameters(paramLabel = "NAME", description = "The profile's name.")
        String name;

        @Override
        public Integer call() {
            Profiles before = Profiles.read();
            before.without(name).write();
            said("Deleted profile " + name + (name.equals(before.inUse()) ? ", which was in use." : "."));
            return DONE;
        }
    }

    /// @param bootstrap whom a command talks to
    /// @param from who says so
    record Talk(String bootstrap, String from) {
    }
}
