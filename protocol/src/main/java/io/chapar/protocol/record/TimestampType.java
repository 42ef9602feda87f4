package io.chapar.protocol.record;

/// Who set the timestamps of a batch: the producer, record by record, or the broker, once for the whole batch.
public enum TimestampType {
    CREATE_TIME,
    LOG_APPEND_TIME
}
