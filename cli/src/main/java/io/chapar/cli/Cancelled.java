package io.chapar.cli;

import io.chapar.client.admin.AdminResult;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.Map;
import java.util.TreeMap;

/// What became of moves that were to be put back.
///
/// @param ended how many had arrived before: there is nothing to put back
/// @param refused each with a sentence
record Cancelled(int ended, Map<TopicPartition, String> refused) {
    static Cancelled of(Map<TopicPartition, AdminResult<AdminResult.Success>> answers) {
        Map<TopicPartition, AdminResult<AdminResult.Success>> left = new TreeMap<>(answers);
        left.values().removeIf(one -> one instanceof AdminResult.Refused<AdminResult.Success> refused
                && refused.error() == ErrorCode.NO_REASSIGNMENT_IN_PROGRESS);
        return new Cancelled(answers.size() - left.size(), Cluster.refused(left));
    }
}
