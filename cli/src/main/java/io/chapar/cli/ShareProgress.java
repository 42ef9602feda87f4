package io.chapar.cli;

import io.chapar.client.ChaparException;
import io.chapar.client.admin.AdminResult;
import io.chapar.client.admin.GroupDescription;
import io.chapar.client.admin.ShareOffset;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/// How far a share group is in its partitions.
///
/// @param table for people, who are told of problems below it
/// @param detailed for programs
/// @param problems why it is not known of some of them
record ShareProgress(Table table, Table detailed, SortedMap<TopicPartition, String> problems) {
    static ShareProgress of(Cluster cluster, GroupDescription.Share group) {
        SortedMap<TopicPartition, List<String>> readers = new TreeMap<>();
        group.members().forEach(member -> member.assignment().forEach(partition ->
                readers.computeIfAbsent(partition, _ -> new ArrayList<>()).add(member.memberId())));
        Map<TopicPartition, AdminResult<ShareOffset>> offsets = cluster.shareOffsets(group.groupId());
        TreeSet<TopicPartition> partitions = new TreeSet<>(readers.keySet());
        partitions.addAll(offsets.keySet());
        Table table = new Table("topic", "partition", "start", "lag", "members");
        Table detailed = new Table("topic", "partition", "start", "lag", "members", "problem");
        SortedMap<TopicPartition, String> problems = new TreeMap<>();
        for (TopicPartition partition : partitions) {
            ShareOffset known = switch (offsets.get(partition)) {
                case null -> null;
                case AdminResult.Done<ShareOffset>(ShareOffset offset) -> offset;
                case AdminResult.Refused<ShareOffset>(ErrorCode error, ChaparException cause) -> {
                    String why = cause.getMessage();
                    problems.put(partition, Words.withoutCodes(why == null ? error.toString() : why));
                    yield null;
                }
            };
            Long start = known == null ? null : known.start();
            Long lag = known == null ? null : known.lag();
            List<String> its = readers.getOrDefault(partition, List.of());
            table.row(partition.topic(), partition.partition(), start, lag, its);
            detailed.row(partition.topic(), partition.partition(), start, lag, its, problems.get(partition));
        }
        return new ShareProgress(table, detailed, problems);
    }

    List<String> sentences() {
        return problems.entrySet().stream().map(one -> PartitionName.of(one.getKey())
                + ": it is not known how far the group is; " + one.getValue()).toList();
    }
}
