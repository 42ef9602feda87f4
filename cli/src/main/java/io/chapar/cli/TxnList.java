package io.chapar.cli;

import io.chapar.client.admin.TransactionFilter;
import io.chapar.client.admin.TransactionListing;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.util.List;

@Command(name = "list", description = "List transactional ids and their state.",
        footer = {"", "Examples:", "  chapar txn list",
            "  chapar txn list --state Ongoing --open-longer-than 60",
            "  chapar txn list --match 'billing-.*' -o json"})
final class TxnList extends ListCommand {
    private static final List<String> STATES = List.of("Empty", "Ongoing", "PrepareCommit", "PrepareAbort",
            "CompleteCommit", "CompleteAbort");

    @Option(names = "--state", paramLabel = "STATE", split = ",",
        description = "Only these states: Empty, Ongoing, PrepareCommit, PrepareAbort, CompleteCommit, CompleteAbort.")
    List<String> states = List.of();

    @Option(names = "--producer-id", paramLabel = "N", split = ",", description = "Only these producer ids.")
    List<Long> producerIds = List.of();

    @Option(names = "--open-longer-than", paramLabel = "SECONDS",
        description = "Only transactions that have been open for longer.")
    @Nullable Long openLongerThan;

    @Option(names = "--match", paramLabel = "REGEX", description = "Only ids that match the expression as a whole.")
    @Nullable String pattern;

    @Override
    void check() {
        for (String state : states) {
            if (!STATES.contains(state)) {
                throw usage("--state is one of " + String.join(", ", STATES) + ", not '" + state + "'.");
            }
        }
        if (openLongerThan != null && (openLongerThan < 0 || openLongerThan > Long.MAX_VALUE / 1000)) {
            throw usage("--open-longer-than is a number of seconds, not " + openLongerThan + ".");
        }
    }

    @Override
    Listing list(Cluster cluster) {
        TransactionFilter filter = new TransactionFilter(
                states, producerIds, openLongerThan == null ? -1 : openLongerThan * 1000, pattern);
        Table table = new Table("transactionalId", "producerId", "state");
        for (TransactionListing transaction : cluster.transactions(filter)) {
            table.row(transaction.transactionalId(), transaction.producerId(), transaction.state());
        }
        return new Listing(table);
    }
}
