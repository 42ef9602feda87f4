package io.chapar.broker.group;

import io.chapar.broker.group.GroupCommand.CommitOffsets;
import io.chapar.broker.group.GroupCommand.CommitTxnOffsets;
import io.chapar.broker.group.GroupCommand.DeleteGroup;
import io.chapar.broker.group.GroupCommand.DeleteOffsets;
import io.chapar.broker.group.GroupCommand.FetchOffsets;
import io.chapar.broker.group.GroupCommand.ForgetTopics;
import io.chapar.broker.group.GroupCommand.Offset;
import io.chapar.broker.group.GroupRecord.GroupForgotten;
import io.chapar.broker.group.GroupRecord.OffsetCommitted;
import io.chapar.broker.group.GroupRecord.OffsetForgotten;
import io.chapar.broker.group.GroupReply.Done;
import io.chapar.broker.group.GroupReply.Fetched;
import io.chapar.broker.group.GroupReply.Offsets;
import io.chapar.broker.group.GroupReply.PerPartition;
import io.chapar.broker.group.GroupState.CompletingRebalance;
import io.chapar.broker.group.GroupState.Stable;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.NavigableMap;
import java.util.SequencedMap;

/// Who may commit, what is committed, and when it is forgotten.
final class OffsetCommands {
    private final GroupLimits limits;
    private final OffsetTable offsets;
    private final GroupWriter writer;
    private final long maxBytesOfGroup;

    /// @param maxBytesOfGroup that the offsets of one group may take; more are refused with INVALID_COMMIT_OFFSET_SIZE
    OffsetCommands(GroupLimits limits, OffsetTable offsets, GroupWriter writer, long maxBytesOfGroup) {
        this.limits = limits;
        this.offsets = offsets;
        this.writer = writer;
        this.maxBytesOfGroup = maxBytesOfGroup;
    }

    // ---- commit

    void commit(Group group, CommitOffsets commit, long request, Step step) {
        ErrorCode error = group.side() != null
                ? OffsetFence.commit(group.side(), commit)
                : mayCommit(group, commit.memberId(), commit.instanceId(), commit.generation(), false);
        if (error != ErrorCode.NONE) {
            step.reply(request, commit.refused(error));
            return;
        }
        Member member = group.member(commit.memberId());
        if (member != null) {
            group.renewSession(member, step.nowMs());
        }
        long longestMs = Long.MAX_VALUE - step.nowMs();
        long expireMs = commit.retentionMs() < 0 ? -1 : step.nowMs() + Math.min(commit.retentionMs(), longestMs);
        write(group, commit.offsets(), expireMs, -1, request, step);
    }

    void commitTxn(Group group, CommitTxnOffsets commit, long request, Step step) {
        ErrorCode error = group.side() != null
                ? OffsetFence.commitTxn(group.side(), commit)
                : mayCommit(group, commit.memberId(), commit.instanceId(), commit.generation(), true);
        if (error != ErrorCode.NONE) {
            step.reply(request, commit.refused(error));
            return;
        }
        write(group, commit.offsets(), -1, commit.producerId(), request, step);
    }

    /// A client that is no member (generation -1) may commit while nobody is. A transaction's commit is held to the
    /// generation if it names one, whatever the group is doing; if it names nothing it cannot be fenced here at all.
    private static ErrorCode mayCommit(
            Group group, String memberId, @Nullable String instanceId, int generation, boolean transactional) {
        if (group.state() instanceof GroupState.Dead) {
            return ErrorCode.COORDINATOR_NOT_AVAILABLE;
        }
        if (generation < 0 && group.isEmpty()) {
            return ErrorCode.NONE;
        }
        if (generation >= 0 || !memberId.isEmpty() || instanceId != null) {
            ErrorCode error = group.check(memberId, instanceId);
            if (error != ErrorCode.NONE) {
                return error;
            }
            if (generation != group.generation()) {
                return ErrorCode.ILLEGAL_GENERATION;
            }
        } else if (!transactional) {
            return ErrorCode.UNKNOWN_MEMBER_ID;
        }
        return !transactional && group.state() instanceof CompletingRebalance
                ? ErrorCode.REBALANCE_IN_PROGRESS
                : ErrorCode.NONE;
    }

    private void write(
            Group group, List<Offset> asked, long expireMs, long producerId, long request, Step step) {
        SequencedMap<TopicPartition, ErrorCode> errors = new LinkedHashMap<>();
        long growth = offsets.growth(group.id(), asked, producerId >= 0);
        if (growth > 0 && offsets.bytes(group.id()) + growth > maxBytesOfGroup) {
            asked.forEach(one -> errors.put(one.partition(), ErrorCode.INVALID_COMMIT_OFFSET_SIZE));
            step.reply(request, new PerPartition(ErrorCode.NONE, errors));
            return;
        }
        List<OffsetCommitted> records = new ArrayList<>();
        for (Offset one : asked) {
            if (one.metadata().length() > limits.maxMetadataChars()) {
                errors.put(one.partition(), ErrorCode.OFFSET_METADATA_TOO_LARGE);
                continue;
            }
            errors.put(one.partition(), ErrorCode.NONE);
            CommittedOffset value = new CommittedOffset(
                    one.offset(), one.leaderEpoch(), one.metadata(), step.nowMs(), expireMs, one.topicId(), -1);
            records.add(new OffsetCommitted(group.id(), one.partition(), value));
        }
        if (records.isEmpty()) {
            step.reply(request, new PerPartition(ErrorCode.NONE, errors));
            return;
        }
        if (producerId >= 0) {
            records.forEach(record -> offsets.took(group.id(), record.partition()));
        }
        writer.append(group, records, producerId, request, step, (error, then) -> {
            if (producerId >= 0) {
                records.forEach(record -> offsets.landed(group.id(), record.partition()));
            }
            ErrorCode told = error == ErrorCode.UNKNOWN_SERVER_ERROR ? ErrorCode.INVALID_COMMIT_OFFSET_SIZE : error;
            if (told != ErrorCode.NONE) {
                records.forEach(record -> errors.put(record.partition(), told));
            }
            then.reply(request, new PerPartition(ErrorCode.NONE, errors));
        });
    }

    // ---- fetch

    /// @param group null when there is none
    Offsets fetch(@Nullable Group group, FetchOffsets fetch) {
        ModernSide side = group == null ? null : group.side();
        ErrorCode error = side == null ? ErrorCode.NONE : OffsetFence.fetch(side, fetch);
        if (error != ErrorCode.NONE) {
            return fetch.refused(error);
        }
        SequencedMap<TopicPartition, Fetched> found = new LinkedHashMap<>();
        if (fetch.partitions() == null) {
            offsets.all(fetch.groupId()).forEach((partition, value) -> found.put(partition, new Fetched(
                    ErrorCode.NONE, value.offset(), value.leaderEpoch(), value.metadata(), value.topicId())));
            if (fetch.requireStable()) {
                offsets.unstable(fetch.groupId()).forEach(partition -> found.put(partition, Fetched.UNSTABLE));
            }
            return new Offsets(ErrorCode.NONE, found);
        }
        fetch.partitions().forEach((partition, topicId) -> {
            if (fetch.requireStable() && offsets.isUnstable(fetch.groupId(), partition)) {
                found.put(partition, Fetched.UNSTABLE);
                return;
            }
            CommittedOffset value = offsets.find(fetch.groupId(), partition);
            found.put(partition, value == null || !value.isOf(topicId) ? Fetched.NONE : fetched(value));
        });
        return new Offsets(ErrorCode.NONE, found);
    }

    private static Fetched fetched(CommittedOffset value) {
        return new Fetched(ErrorCode.NONE, value.offset(), value.leaderEpoch(), value.metadata());
    }

    // ---- forget

    void deleteGroup(Group group, DeleteGroup delete, long request, Step step) {
        if (!group.isEmpty()) {
            step.reply(request, delete.refused(ErrorCode.NON_EMPTY_GROUP));
            return;
        }
        List<GroupRecord> tombstones = tombstones(group, offsets.partitions(group.id()));
        tombstones.addAll(ofGroup(group));
        forget(group, tombstones, request, step, (error, then) -> then.reply(request, new Done(error)));
    }

    void deleteOffsets(Group group, DeleteOffsets delete, long request, Step step) {
        if (!group.isEmpty() && group.side() == null && !Group.CONSUMER.equals(group.protocolType())) {
            step.reply(request, delete.refused(ErrorCode.NON_EMPTY_GROUP));
            return;
        }
        SequencedMap<TopicPartition, ErrorCode> errors = new LinkedHashMap<>();
        List<TopicPartition> gone = new ArrayList<>();
        for (TopicPartition partition : delete.partitions()) {
            boolean inUse = !group.isEmpty() && group.subscribes(partition.topic());
            boolean there = offsets.find(group.id(), partition) != null || offsets.isPending(group.id(), partition);
            errors.put(partition, inUse ? ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC
                    : there ? ErrorCode.NONE : DeleteOffsets.NO_OFFSET);
            if (!inUse && there) {
                gone.add(partition);
            }
        }
        forget(group, tombstones(group, gone), request, step, (error, then) ->
                then.reply(request, new PerPartition(error, errors)));
    }

    void forgetTopics(Group group, ForgetTopics forget, long request, Step step) {
        List<TopicPartition> gone = new ArrayList<>();
        for (TopicPartition partition : offsets.partitions(group.id())) {
            if (forget.topics().contains(partition.topic())) {
                gone.add(partition);
            }
        }
        forget(group, tombstones(group, gone), request, step, (error, then) -> then.reply(request, new Done(error)));
    }

    /// Without its offsets.
    private static List<GroupRecord> ofGroup(Group group) {
        return group.side() != null ? group.side().forget() : List.of(new GroupForgotten(group.id()));
    }

    private static List<GroupRecord> tombstones(Group group, Iterable<TopicPartition> partitions) {
        List<GroupRecord> all = new ArrayList<>();
        partitions.forEach(partition -> all.add(new OffsetForgotten(group.id(), partition)));
        return all;
    }

    /// In as many appends as it takes, the last of them last.
    private void forget(
            Group group, List<GroupRecord> tombstones, long request, Step step, GroupWriter.Settled settled) {
        if (tombstones.isEmpty()) {
            settled.now(ErrorCode.NONE, step);
            return;
        }
        int now = Math.min(limits.maxTombstones(), tombstones.size());
        List<GroupRecord> later = tombstones.subList(now, tombstones.size());
        writer.write(group, tombstones.subList(0, now), request, step, (error, then) -> {
            if (error != ErrorCode.NONE) {
                settled.now(error, then);
            } else {
                forget(group, later, request, then, settled);
            }
        });
    }

    // ---- expiry

    int count(Group group) {
        return offsets.all(group.id()).size();
    }

    /// Forgets what is past its time, and the group with its last offset. Never what an open transaction is about to
    /// replace: its commit would come back after the tombstone.
    ///
    /// @param after the last offset that was looked at before, null for none
    /// @param most offsets that are looked at
    /// @param settled told when all that is forgotten now is in the log, or why it is not
    /// @return the last one that was looked at; null when there are no more
    @Nullable TopicPartition expire(
            Group group, @Nullable TopicPartition after, int most, Step step, GroupWriter.Settled settled) {
        NavigableMap<TopicPartition, CommittedOffset> all = offsets.all(group.id());
        List<TopicPartition> expired = new ArrayList<>();
        TopicPartition last = null;
        int looks = 0;
        for (var entry : (after == null ? all : all.tailMap(after, false)).entrySet()) {
            if (looks == most) {
                break;
            }
            looks++;
            last = entry.getKey();
            if (!offsets.isPending(group.id(), last) && isExpired(group, last, entry.getValue(), step.nowMs())) {
                expired.add(last);
            }
        }
        boolean isEnd = last == null || last.equals(all.lastKey());
        List<GroupRecord> tombstones = tombstones(group, expired);
        // A share group is there until somebody deletes it: what it has read is kept elsewhere.
        boolean idle = group.isEmpty() && group.promised().isEmpty() && group.shares() == null;
        if (idle && isEnd && expired.size() == all.size() && !offsets.hasPending(group.id())) {
            tombstones.addAll(ofGroup(group));
        }
        forget(group, tombstones, 0, step, settled);
        return isEnd ? null : last;
    }

    private boolean isExpired(Group group, TopicPartition partition, CommittedOffset value, long nowMs) {
        long sinceMs;
        if (group.side() != null) {
            if (group.subscribes(partition.topic())) {
                return false;
            }
            sinceMs = value.commitMs();
        } else if (group.protocolType() == null) {
            sinceMs = value.commitMs();
        } else if (group.isEmpty()) {
            sinceMs = group.stateSinceMs() < 0 ? value.commitMs() : group.stateSinceMs();
        } else if (group.state() instanceof Stable && group.knowsTopics() && !group.subscribes(partition.topic())) {
            sinceMs = value.commitMs();
        } else {
            return false;
        }
        long untilMs = value.expireMs() >= 0 ? value.expireMs() : sinceMs + limits.retentionMs();
        return untilMs <= nowMs;
    }
}
