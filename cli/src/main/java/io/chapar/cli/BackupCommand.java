package io.chapar.cli;

import io.chapar.broker.BackupSource;
import io.chapar.broker.config.BrokerStartException;
import io.chapar.cli.backup.BackupFailure;
import io.chapar.cli.backup.Backups;
import io.chapar.cli.backup.Manifest;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

@Command(
        name = "backup",
        description = "Make, list, verify and restore backups of a broker's data folder.")
final class BackupCommand extends NounCommand {
    private static final DateTimeFormatter NAME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH-mm-ss'Z'").withZone(ZoneOffset.UTC);

    abstract static class OfBackup extends ClusterCommand {
        @Override
        public final Integer call() throws InterruptedException {
            try {
                run();
                out().flush();
                return DONE;
            } catch (BackupFailure | BrokerStartException e) {
                throw new CommandFailure(e);
            }
        }

        abstract void run() throws InterruptedException;

        Map<String, Object> facts(Path at, Manifest manifest) {
            Map<String, Object> facts = new LinkedHashMap<>();
            facts.put("backup", at.toString());
            facts.put("made", manifest.made().toString());
            facts.put("cluster", manifest.cluster());
            facts.put("node", manifest.node());
            facts.put("running", manifest.running());
            facts.put("files", manifest.files().size());
            facts.put("bytes", manifest.bytes());
            return facts;
        }

        void done(Path at, Manifest manifest, String sentence) {
            if (structured()) {
                show(facts(at, manifest));
            } else {
                out().println(sentence + " (" + manifest.files().size() + " files, "
                        + manifest.bytes() + " bytes, made " + manifest.made() + ").");
            }
        }

        static long bytesPerSecond(@Nullable Integer megabytes) {
            return megabytes == null ? 0 : megabytes * 1_000_000L;
        }

        void requirePositive(@Nullable Integer limit) {
            if (limit != null && limit < 1) {
                throw usage("--limit is a number of megabytes a second, from 1.");
            }
        }
    }

    @Command(name = "create", description = "Copy a broker's data folder as it is at one moment, while it runs.",
            footer = {"",
                "On the broker's machine, by the broker's user. All partitions are as they were at one moment: what",
                "was acknowledged before the command began is there, transactions are whole. A broker that is stopped",
                "is copied as it is; of a cluster all brokers have to be.",
                "", "Example:", "  chapar backup create --data /var/lib/chapar --to /mnt/backups"})
    static final class Create extends OfBackup {
        private static final long PATIENCE_MS = 60_000;

        @Option(names = "--data", paramLabel = "FOLDER", required = true, description = "The broker's data folder.")
        Path data;

        @Option(names = "--to", paramLabel = "FOLDER", required = true,
            description = "Where backups are kept; on another disk than the data.")
        Path to;

        @Option(names = "--name", paramLabel = "NAME", description = "Of this one (default: the time).")
        @Nullable String name;

        @Option(names = "--limit", paramLabel = "MB", description = "Megabytes a second at the most.")
        @Nullable Integer limit;

        @Override
        void run() throws InterruptedException {
            requirePositive(limit);
            if (name != null && !name.matches("[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")) {
                throw usage("--name has letters, digits, '.', '_' and '-', 100 at the most.");
            }
            if (to.toAbsolutePath().normalize().startsWith(data.toAbsolutePath().normalize())) {
                throw usage("--to must not lie in the data folder.");
            }
            Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
            Path backup = to.resolve(name == null ? NAME.format(now) : name);
            if (Files.exists(backup)) {
                throw new CommandFailure("There is a backup '" + backup + "' already.");
            }
            try (BackupSource source = BackupSource.open(data, PATIENCE_MS)) {
                done(backup, Backups.create(source, backup, now, bytesPerSecond(limit)),
                        "Made the backup '" + backup + "'");
                if (source.isOfCluster() && !structured()) {
                    out().println("This broker has others: it can be restored only together with backups of all of them"
                            + " that were made while none of them ran.");
                }
            }
        }
    }

    @Command(name = "list", description = "List the backups in a folder, finished and unfinished.",
            footer = {"", "Example:", "  chapar backup list /mnt/backups"})
    static final class ListAll extends OfBackup {
        @Parameters(paramLabel = "FOLDER", description = "Where backups are kept.")
        Path folder;

        @Override
        void run() {
            Table table = new Table("backup", "state", "made", "cluster", "node", "running", "files", "bytes");
            for (Backups.Found one : Backups.list(folder)) {
                Manifest.Summary summary = one.summary();
                if (summary == null) {
                    table.row(one.name(), one.trouble(), null, null, null, null, null, null);
                } else {
                    table.row(one.name(), "finished", summary.made().toString(), summary.cluster(), summary.node(),
                            summary.running(), summary.files(), summary.bytes());
                }
            }
            new Listing(table).print(format(), out());
        }
    }

    @Command(name = "verify", description = "Read all of a backup and compare it with its checksums.",
            footer = {"", "Example:", "  chapar backup verify /mnt/backups/2026-11-30T22-15-03Z"})
    static final class Verify extends OfBackup {
        @Parameters(paramLabel = "BACKUP", description = "The backup's folder.")
        Path backup;

        @Override
        void run() throws InterruptedException {
            done(backup, Backups.verify(backup), "The backup '" + backup + "' is as it was made");
        }
    }

    @Command(name = "restore", description = "Verify a backup and make a data folder of it.",
            footer = {"",
                "Clients of the broker that was lost have to be started anew: they know of what came after the backup.",
                "", "Example:",
                "  chapar backup restore /mnt/backups/2026-11-30T22-15-03Z --data /var/lib/chapar"})
    static final class Restore extends OfBackup {
        @Parameters(paramLabel = "BACKUP", description = "The backup's folder.")
        Path backup;

        @Option(names = "--data", paramLabel = "FOLDER", required = true,
            description = "The new data folder, which must not be there, or be empty.")
        Path data;

        @Option(names = "--limit", paramLabel = "MB", description = "Megabytes a second at the most.")
        @Nullable Integer limit;

        @Override
        void run() throws InterruptedException {
            requirePositive(limit);
            Manifest manifest = Backups.restore(backup, data, bytesPerSecond(limit));
            done(backup, manifest, "Restored '" + backup + "' to '" + data + "'");
            said("Start it with: chapar broker --data " + data
                    + (manifest.node() == 1 ? "" : " --node-id " + manifest.node()));
        }
    }
}
