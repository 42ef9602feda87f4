package io.chapar.broker.share;

import io.chapar.broker.budget.Budget;
import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.partition.Isolation;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.partition.Watch;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.shard.Shard;
import io.chapar.broker.share.state.ShareKey;
import io.chapar.broker.share.state.ShareStates;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

import static java.util.Objects.requireNonNull;

/// The partitions of one loop as share groups have them. Each is begun with what is kept of it when a member first asks
/// for it, and given up when no session has it any more, when this broker does not lead it any more, or when something
/// could not be written: whoever asks next begins anew. On the loop alone.
public final class ShareHost {
    private final Shard shard;
    private final Loop loop;
    private final ShareStates states;
    private final Function<String, ShareRules> rules;
    private final long writeMs;
    private final Budget.Share memory;
    private final Map<ShareKey, SharedPartition> live = new TreeMap<>();

    /// @param rules of a group, by name
    /// @param writeMs how long a write may take
    /// @param memory that all that is told apart may take, over all loops
    public ShareHost(
            Shard shard, ShareStates states, Function<String, ShareRules> rules, long writeMs, Budget memory) {
        this.shard = shard;
        this.loop = shard.loop();
        this.states = states;
        this.rules = rules;
        this.writeMs = writeMs;
        this.memory = memory.share();
    }

    public Loop loop() {
        return loop;
    }

    ShareRules rules(String groupId) {
        return rules.apply(groupId);
    }

    /// So many bytes more are kept, or less.
    void keeps(long more) {
        memory.holds(memory.held() + more);
    }

    /// Whether nobody should begin to keep more.
    boolean isFull() {
        return memory.budget().isFull();
    }

    ShareStates states() {
        return states;
    }

    Caller caller() {
        return Caller.ofBroker(loop, loop.nowMs() + writeMs);
    }

    /// NONE if this broker leads the partition, and it is that of the topic with this id; else what whoever asks is
    /// told.
    private ErrorCode refusal(ShareKey key, TopicPartition id) {
        Partition partition = shard.partition(id);
        if (partition == null) {
            return shard.absence(id);
        }
        return partition.topicId().equals(key.topicId()) ? partition.refusal() : ErrorCode.UNKNOWN_TOPIC_ID;
    }

    /// What becomes of who asks for a partition of a share group.
    sealed interface Asked {}

    /// What is kept of it is being asked for, or where the group begins is being written: which may take as long as
    /// that may be waited for.
    record Opening(SharedPartition partition) implements Asked {}

    /// What a partition of a share group is begun with.
    sealed interface Opened extends Asked {}

    record Ready(SharedPartition partition) implements Opened {}

    /// @param isPassing it may be asked for again soon
    record Refused(ErrorCode error, boolean isPassing) implements Opened {}

    /// The disk does not give its log, or not yet: it may be in the middle of being opened.
    record Unreadable() implements Opened {}

    /// Begins it where it has not begun; waits for nothing.
    Asked open(ShareKey key, TopicPartition id) {
        ErrorCode error = refusal(key, id);
        if (error != ErrorCode.NONE) {
            SharedPartition old = live.get(key);
            if (old != null) {
                old.end(error);
            }
            return error == ErrorCode.KAFKA_STORAGE_ERROR ? new Unreadable() : new Refused(error, false);
        }
        Partition partition = requireNonNull(shard.partition(id), "it is not refused");
        SharedPartition known = live.get(key);
        if (known != null && !known.isOf(partition)) {
            known.end(ErrorCode.NOT_LEADER_OR_FOLLOWER);
            known = null;
        }
        if (known == null) {
            known = new SharedPartition(this, key, partition);
            live.put(key, known);
            known.begin();
        }
        return known.asked();
    }

    /// Wakes once it makes sense to [#open] what was [Unreadable]. One-shot; never inside this call.
    Watch onReadable(TopicPartition id, Runnable wake) {
        Partition partition = shard.partition(id);
        if (partition == null || partition.refusal() != ErrorCode.KAFKA_STORAGE_ERROR) {
            loop.execute(wake);
            return () -> {};
        }
        return partition.onReadable(Isolation.READ_UNCOMMITTED, Long.MAX_VALUE, wake);
    }

    void forget(SharedPartition partition) {
        live.remove(partition.key(), partition);
    }

    /// A session has ended, or has the partition no more: what it holds goes back.
    public void leave(ShareKey key, String holder) {
        SharedPartition known = live.get(key);
        if (known != null) {
            known.leave(holder);
        }
    }

    /// Says what of it is in flight, for whoever inspects it; null when it is not begun here.
    @Nullable SharedPartition known(ShareKey key) {
        return live.get(key);
    }

    /// Those who wait for something to acquire.
    static final class Watchers {
        private final Map<Long, Runnable> byNumber = new LinkedHashMap<>();
        private long last = 0;

        Watch add(Runnable wake) {
            long number = ++last;
            byNumber.put(number, wake);
            return () -> byNumber.remove(number);
        }

        void wakeAll() {
            List<Runnable> all = new ArrayList<>(byNumber.values());
            byNumber.clear();
            all.forEach(Runnable::run);
        }
    }
}
