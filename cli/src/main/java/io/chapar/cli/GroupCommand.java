package io.chapar.cli;

import io.chapar.client.admin.GroupListing;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import java.util.List;
import java.util.Map;

@Command(
        name = "group",
        description = "List, describe, reset and delete groups: of consumers, of Kafka Streams, and share groups.")
final class GroupCommand extends NounCommand {
    @Command(name = "list", description = "List groups.", footer = {"", "Example:", "  chapar group list"})
    static final class ListAll extends ListCommand {
        @Override
        Listing list(Cluster cluster) {
            Table table = new Table("group", "state", "type", "protocol");
            for (GroupListing group : cluster.groups()) {
                table.row(group.groupId(), orNull(group.state()), orNull(group.type()),
                        orNull(group.protocolType()));
            }
            return new Listing(table);
        }
    }

    @Command(name = "delete", description = "Delete groups that have no members, with what they committed.",
            footer = {"", "Example:", "  chapar group delete billing"})
    static final class Delete extends ClusterCommand {
        @Parameters(paramLabel = "ID", arity = "1..*", description = "The groups to delete.")
        List<String> ids;

        @Override
        public Integer call() {
            try (Cluster cluster = connect()) {
                OneByOne.each(ids, id -> delete(cluster, id));
            }
            return DONE;
        }

        private void delete(Cluster cluster, String id) {
            cluster.deleteGroup(id);
            if (structured()) {
                show(Map.of("deleted", id));
            } else {
                out().println("Deleted group " + Words.shown(id) + ".");
            }
        }
    }

    static @Nullable String orNull(@Nullable String text) {
        return text == null || text.isEmpty() ? null : text;
    }
}
