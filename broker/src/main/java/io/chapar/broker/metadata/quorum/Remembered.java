package io.chapar.broker.metadata.quorum;

import io.chapar.broker.metadata.PersistentMap;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// What was answered lately to proposals that must not be done twice: part of what the log adds up to, and therefore
/// the same on all brokers. Never changes.
///
/// @param byId what stands for each
/// @param byNumber their ids, oldest first
/// @param next the number that the next one gets
/// @param bytes of all answers
/// @param forgotten the version at which the last one was committed that is not remembered any more: whoever sends a
///        proposal again that it named at or after this is told truly whether it is done
record Remembered(
        PersistentMap<ProposalId, Kept> byId, PersistentMap<Long, ProposalId> byNumber, long next, long bytes,
        long forgotten) {
    static final int MAX_COUNT = 10_000;
    static final long MAX_BYTES = 8 << 20;
    static final Remembered NOTHING = new Remembered(PersistentMap.empty(), PersistentMap.empty(), 0, 0, 0);

    /// @param version at which it was committed
    record Kept(long number, long version, ByteBuffer answer) {}

    @Nullable Kept get(ProposalId id) {
        return byId.get(id);
    }

    /// With one more; the oldest give way to it.
    Remembered with(ProposalId id, long version, ByteBuffer answer) {
        PersistentMap<ProposalId, Kept> ids = byId.with(id, new Kept(next, version, answer));
        PersistentMap<Long, ProposalId> numbers = byNumber.with(next, id);
        long total = bytes + answer.remaining();
        long gone = forgotten;
        while (numbers.size() > MAX_COUNT || (total > MAX_BYTES && numbers.size() > 1)) {
            var oldest = numbers.entrySet().iterator().next();
            Kept kept = ids.get(oldest.getValue());
            if (kept == null) {
                throw new IllegalStateException("remembered by number and not by id: " + oldest);
            }
            total -= kept.answer().remaining();
            gone = kept.version();
            ids = ids.without(oldest.getValue());
            numbers = numbers.without(oldest.getKey());
        }
        return new Remembered(ids, numbers, next + 1, total, gone);
    }

    /// Oldest first.
    List<ProposalId> ids() {
        return new ArrayList<>(byNumber.values());
    }
}
