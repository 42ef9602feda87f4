package io.chapar.broker.partition;

import io.chapar.broker.log.LogConfig;
import io.chapar.broker.partition.AppendOutcome.Rejected;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.TooLargeException;
import io.chapar.protocol.record.BatchRewrite;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.compress.Compression;
import org.jspecify.annotations.Nullable;

/// A look at the records of a client's batch that the topic's rules ask for, and the batch in the topic's codec, where
/// that may take longer than a loop should be held: a compressed batch tells nobody what it decompresses to. What
/// takes little is done at once; the rest is done by [#finish], which needs nothing of the partition.
public final class LongLook {
    /// What a loop decompresses itself: some milliseconds of its time.
    static final int SHORT_BYTES = 1 << 20;
    /// The same where a high level of the codec has been asked for.
    static final int SHORT_BYTES_SLOW = 16 << 10;

    private final RecordBatch given;
    private final LogConfig config;
    private final long nowMs;
    private boolean finished;
    private @Nullable Rejected rejection;
    private RecordBatch batch;

    private LongLook(RecordBatch given, LogConfig config, long nowMs) {
        this.given = given;
        this.batch = given;
        this.config = config;
        this.nowMs = nowMs;
    }

    /// Null where there is nothing to be looked at before the append: it will be rejected for what its header says, or
    /// is taken by that, or its records are there to be read.
    static @Nullable LongLook at(RecordBatch batch, int apiVersion, LogConfig config, long nowMs) {
        if (!batch.hasKnownCodec()) {
            return null;
        }
        boolean packed = batch.compression() != Compression.NONE || batch.sizeInBytes() > shortBytes(batch, config);
        if (!packed || !(Admission.asksForRecords(batch, config) || otherCodec(batch, config) != null)
                || Admission.judgeHeader(batch, apiVersion, config) != null) {
            return null;
        }
        LongLook look = new LongLook(batch, config, nowMs);
        look.begin();
        return look;
    }

    /// The codec under which the batch is to be written, where that is another one than its own; else null.
    static @Nullable Compression otherCodec(RecordBatch batch, LogConfig config) {
        return config.compressionType() == batch.compression() ? null : config.compressionType();
    }

    private static int shortBytes(RecordBatch batch, LogConfig config) {
        Compression codec = otherCodec(batch, config);
        return codec != null && codec.isSlowAt(config.compressionLevel()) ? SHORT_BYTES_SLOW : SHORT_BYTES;
    }

    private void begin() {
        int shortBytes = shortBytes(given, config);
        if (given.sizeInBytes() > shortBytes) {
            return;
        }
        try {
            look(Math.min(shortBytes, config.maxDecompressedBytes()));
            finished = true;
        } catch (TooLargeException notShort) {
            rejection = null;
        }
    }

    public boolean isFinished() {
        return finished;
    }

    /// Does what is left to do. From any thread; the bytes of the batch are nobody else's meanwhile.
    public void finish() {
        try {
            look(config.maxDecompressedBytes());
        } catch (TooLargeException e) {
            rejection = Admission.malformed(e);
        }
        finished = true;
    }

    private void look(int maxBytes) {
        try {
            rejection = Admission.judgeRecordsWithin(given, config, maxBytes, nowMs);
            batch = given;
            Compression codec = otherCodec(given, config);
            if (rejection == null && codec != null) {
                batch = RecordBatch.at(BatchRewrite.recompress(given, codec, config.compressionLevel(), maxBytes,
                        Admission.maxRecompressedBytes(config)), 0);
            }
        } catch (TooLargeException e) {
            throw e;
        } catch (MalformedMessageException e) {
            rejection = Admission.malformed(e);
        }
    }

    /// Null when the batch may go on.
    @Nullable Rejected rejection() {
        return rejection;
    }

    /// What is to be appended.
    RecordBatch batch() {
        return batch;
    }
}
