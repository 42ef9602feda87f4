package io.chapar.cli;

import java.util.List;
import java.util.Map;

/// What to run next, below each part of `chapar status` that shows something which may be a trouble: of the first row,
/// which is the worst.
final class StatusHints {
    private StatusHints() {
    }

    private static List<String> next(Table table, String column, String sentence) {
        return table.objects().stream().limit(1)
                .map(row -> sentence.formatted(Words.shown(String.valueOf(row.get(column))))).toList();
    }

    static List<String> full(List<Integer> brokers) {
        return brokers.stream().map(broker -> "Broker " + broker + " refuses records, since its disk is full;"
                + " 'chapar topic size' says what takes it, 'chapar topic delete' and a shorter retention make room")
                .toList();
    }

    static List<String> damaged(Table partitions) {
        return partitions.objects().stream().limit(1).map(row -> {
            String partition = Words.shown(String.valueOf(row.get("partition")));
            return "Readers of " + partition + " are refused these records: 'chapar topic describe "
                    + partition.substring(0, Math.max(0, partition.lastIndexOf('/')))
                    + "' says whether others have copies; else put the file back from a backup";
        }).toList();
    }

    static List<String> growing(Table topics) {
        return next(topics, "topic", "'chapar config describe %s' says how much it keeps, and for how long");
    }

    static List<String> fenced(Table producers) {
        return next(producers, "transactionalId", "Two producers with one transactional id shut each other out;"
                + " 'chapar txn describe %s' says who has it now");
    }

    static List<String> flapping(Table groups) {
        return next(groups, "group", "Its members come and go: 'chapar group describe %s' says who they are."
                + " Each is restarted, or takes longer between two polls than max.poll.interval.ms");
    }

    /// Of the farthest that no transaction holds back: of those, what holds them has been said.
    static List<String> behind(List<GroupLag> groups) {
        return groups.stream().filter(each -> each.heldAt() == null).limit(1)
                .map(each -> "'chapar group describe " + Words.shown(each.group())
                        + "' says in which partitions, and who reads them").toList();
    }

    /// @param one what it is that there are too many of
    static List<String> notLookedAt(String one, int count, String command) {
        return count == 0 ? List.of() : List.of("Not looked at: " + Words.count(count, one)
                + ", since there are so many; '" + command + "' does, at one");
    }

    static List<String> open(Table transactions) {
        return transactions.objects().stream().limit(1).map(StatusHints::open).toList();
    }

    private static String open(Map<String, Object> oldest) {
        String id = Words.shown(String.valueOf(oldest.get("transactionalId")));
        return "'chapar txn describe " + id + "' says in which partitions; 'chapar txn abort " + id + "' ends it";
    }
}
