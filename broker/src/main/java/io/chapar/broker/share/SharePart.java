package io.chapar.broker.share;

import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.UUID;

/// One partition of a request of a member, and what has become of it. Of one request; on one loop at a time.
public final class SharePart {
    private final UUID topicId;
    private final int partition;
    private final List<Acknowledged> acknowledged;
    private final boolean isFetched;
    private ErrorCode acknowledgeError = ErrorCode.NONE;
    private ErrorCode fetchError = ErrorCode.NONE;
    private boolean isUnreadable = false;
    private SharedPartition.@Nullable Records records;

    /// @param acknowledged empty where nothing is
    SharePart(UUID topicId, int partition, List<Acknowledged> acknowledged, boolean isFetched) {
        this.topicId = topicId;
        this.partition = partition;
        this.acknowledged = acknowledged;
        this.isFetched = isFetched;
    }

    public UUID topicId() {
        return topicId;
    }

    public int partition() {
        return partition;
    }

    List<Acknowledged> acknowledged() {
        return acknowledged;
    }

    /// Whether the client says something of records of it.
    public boolean acknowledges() {
        return !acknowledged.isEmpty();
    }

    /// Things that the client says of its records.
    int said() {
        int all = 0;
        for (Acknowledged one : acknowledged) {
            all += one.said();
        }
        return all;
    }

    boolean isFetched() {
        return isFetched;
    }

    public ErrorCode acknowledgeError() {
        return acknowledgeError;
    }

    public ErrorCode fetchError() {
        return fetchError;
    }

    public List<Acquired> acquired() {
        return records == null ? List.of() : records.acquired();
    }

    public BufferRecords records() {
        return records == null ? BufferRecords.EMPTY : records.slice().records();
    }

    int bytes() {
        return records == null ? 0 : records.slice().sizeInBytes();
    }

    void acknowledged(ErrorCode error) {
        acknowledgeError = error;
    }

    void refuse(ErrorCode error) {
        fetchError = error;
        isUnreadable = false;
    }

    /// The disk does not give it, or not yet.
    void unreadable() {
        fetchError = ErrorCode.KAFKA_STORAGE_ERROR;
        isUnreadable = true;
    }

    /// Whoever is told so asks again at once; so something better is waited for as long as for records.
    boolean isUnreadable() {
        return isUnreadable;
    }

    /// Waiting would not help.
    boolean isRefused() {
        return fetchError != ErrorCode.NONE && !isUnreadable;
    }

    void dropRecords() {
        records = null;
    }

    void take(SharedPartition.Records got) {
        records = got;
    }
}
