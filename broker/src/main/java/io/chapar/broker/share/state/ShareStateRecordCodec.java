package io.chapar.broker.share.state;

import io.chapar.broker.share.state.ShareStateRecord.Forgotten;
import io.chapar.broker.share.state.ShareStateRecord.Snapshot;
import io.chapar.broker.share.state.ShareStateRecord.Update;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.Prefixed;
import io.chapar.protocol.WireReader;
import io.chapar.protocol.coordinator.ShareSnapshotKey;
import io.chapar.protocol.coordinator.ShareSnapshotValue;
import io.chapar.protocol.coordinator.ShareUpdateKey;
import io.chapar.protocol.coordinator.ShareUpdateValue;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// The bytes of a [ShareStateRecord], in Kafka's own form: key and value each begin with an i16, the key with its type
/// (0 for a snapshot or a tombstone, 1 for an update), the value with its version, which is 0.
public final class ShareStateRecordCodec {
    private static final short VERSION = 0;

    private ShareStateRecordCodec() {}

    public static ByteBuffer key(ShareStateRecord record) {
        ShareKey key = record.key();
        return switch (record) {
            case Snapshot _, Forgotten _ -> Prefixed.key(ShareSnapshotKey.RECORD_TYPE,
                    new ShareSnapshotKey(key.groupId(), key.topicId(), key.partition()));
            case Update _ -> Prefixed.key(ShareUpdateKey.RECORD_TYPE,
                    new ShareUpdateKey(key.groupId(), key.topicId(), key.partition()));
        };
    }

    /// Null for a tombstone.
    public static @Nullable ByteBuffer value(ShareStateRecord record) {
        return switch (record) {
            case Snapshot r -> Prefixed.value(VERSION, new ShareSnapshotValue(
                    r.snapshotEpoch(), r.stateEpoch(), r.leaderEpoch(), r.startOffset(), r.completeCount(),
                    r.createdMs(), r.writtenMs(),
                    r.batches().stream().map(one -> new ShareSnapshotValue.StateBatch(
                            one.first(), one.last(), one.state(), one.deliveries())).toList()));
            case Update r -> Prefixed.value(VERSION, new ShareUpdateValue(
                    r.snapshotEpoch(), r.leaderEpoch(), r.startOffset(), r.completeCount(),
                    r.batches().stream().map(one -> new ShareUpdateValue.StateBatch(
                            one.first(), one.last(), one.state(), one.deliveries())).toList()));
            case Forgotten _ -> null;
        };
    }

    /// Null for a record that later versions may have. Nothing of the buffers is kept.
    public static @Nullable ShareStateRecord read(@Nullable ByteBuffer key, @Nullable ByteBuffer value) {
        if (key == null) {
            throw new MalformedMessageException("a record without key in the log of share groups");
        }
        WireReader in = new WireReader(key.duplicate());
        short type = in.int16();
        if (type == ShareSnapshotKey.RECORD_TYPE) {
            ShareSnapshotKey name = ShareSnapshotKey.read(in, VERSION);
            ShareKey of = new ShareKey(name.groupId(), name.topicId(), name.partition());
            return value == null ? new Forgotten(of) : snapshot(
                    of, Prefixed.read(value, VERSION, ShareSnapshotValue::read));
        }
        if (type == ShareUpdateKey.RECORD_TYPE && value != null) {
            ShareUpdateKey name = ShareUpdateKey.read(in, VERSION);
            return update(new ShareKey(name.groupId(), name.topicId(), name.partition()),
                    Prefixed.read(value, VERSION, ShareUpdateValue::read));
        }
        return null;
    }

    private static Snapshot snapshot(ShareKey key, ShareSnapshotValue value) {
        List<StateBatch> batches = new ArrayList<>(value.stateBatches().size());
        value.stateBatches().forEach(one -> batches.add(batch(
                one.firstOffset(), one.lastOffset(), one.deliveryState(), one.deliveryCount())));
        return new Snapshot(key, value.snapshotEpoch(), value.stateEpoch(), value.leaderEpoch(), value.startOffset(),
                value.deliveryCompleteCount(), value.createTimestamp(), value.writeTimestamp(), batches);
    }

    private static Update update(ShareKey key, ShareUpdateValue value) {
        List<StateBatch> batches = new ArrayList<>(value.stateBatches().size());
        value.stateBatches().forEach(one -> batches.add(batch(
                one.firstOffset(), one.lastOffset(), one.deliveryState(), one.deliveryCount())));
        return new Update(key, value.snapshotEpoch(), value.leaderEpoch(), value.startOffset(),
                value.deliveryCompleteCount(), batches);
    }

    private static StateBatch batch(long first, long last, byte state, short deliveries) {
        if (first < 0 || first > last || !StateBatch.isState(state)) {
            throw new MalformedMessageException(
                    "offsets " + first + " to " + last + " in state " + state + " in the log of share groups");
        }
        return new StateBatch(first, last, state, deliveries);
    }
}
