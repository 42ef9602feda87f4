package io.chapar.txn;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/// A coordinator with a log, a clock and partitions that a test holds in its hand. By default every effect is
/// performed at once; with `holdAppends` or `holdMarkers` they queue up until the test lets them go.
final class TxnFixture {
    static final TopicPartition A = new TopicPartition("a", 0);
    static final TopicPartition B = new TopicPartition("b", 1);
    static final int TIMEOUT_MS = 10_000;
    static final int PATIENCE_MS = 2_000;

    final List<TxnRecord> log = new ArrayList<>();
    final Deque<TxnRecord> appends = new ArrayDeque<>();
    /// Those that are in one batch with the one before.
    private final Set<TxnRecord> joined = Collections.newSetFromMap(new IdentityHashMap<>());
    final Deque<TxnEffect.SendMarkers> markers = new ArrayDeque<>();
    final List<TxnEffect.SendMarkers> markersSent = new ArrayList<>();
    final List<TxnEffect.Fenced> fences = new ArrayList<>();
    /// The requests of those that came without a pair.
    final List<Long> newInstances = new ArrayList<>();
    final Map<Long, TxnReply> replies = new LinkedHashMap<>();
    boolean holdAppends = false;
    boolean holdMarkers = false;
    boolean holdIds = false;
    int idsPerBlock = 1000;
    /// Calls that the last start took.
    int starts = 0;
    long nowMs = 1_000_000;

    private final TxnLimits limits;
    private final TxnRoom room;
    private ProducerIds ids = new ProducerIds();
    private TxnCoordinator coordinator;
    private long nextBlock = 100;
    private long requests = 0;
    private boolean idsWanted = false;

    TxnFixture() {
        this(TxnLimits.DEFAULTS.withTwoPhase());
    }

    TxnFixture(TxnLimits limits) {
        this(limits, TxnRoom.BOUNDLESS);
    }

    TxnFixture(TxnLimits limits, TxnRoom room) {
        this.limits = limits;
        this.room = room;
        restart();
    }

    TxnCoordinator coordinator() {
        return coordinator;
    }

    /// A new coordinator takes over: what was not committed is lost, with whoever waited.
    void restart() {
        appends.clear();
        markers.clear();
        ids = new ProducerIds();
        coordinator = new TxnCoordinator(ids, limits, room);
        log.forEach(record -> coordinator.replay(throughBytes(record)));
        starts = 1;
        while (coordinator.start(nowMs, this::perform)) {
            starts++;
            settle();
        }
        settle();
    }

    /// A new coordinator takes over a log in which some of what the old one wrote has survived after all, and in the
    /// order in which it was written, though the old one never knew.
    void restartWith(int survivors) {
        for (int i = 0; (i < survivors || isNextJoined()) && !appends.isEmpty(); i++) {
            log.add(appends.removeFirst());
        }
        restart();
    }

    /// Puts a state straight into the log, as another coordinator could have left it.
    TxnFixture given(String id, TxnState state) {
        log.add(new TxnRecord(id, state));
        restart();
        return this;
    }

    // ---- requests; each returns its number

    long init(String id) {
        return init(id, -1, -1);
    }

    long init(String id, long producerId, int epoch) {
        return submit(new TxnCommand.InitProducer(id, TIMEOUT_MS, producerId, (short) epoch));
    }

    long init(String id, TxnReply.Granted pair) {
        return init(id, pair.producerId(), pair.producerEpoch());
    }

    /// A new instance that asks for two-phase commit and keeps what is open.
    long keep(String id) {
        return submit(new TxnCommand.InitProducer(id, TxnState.NO_TIMEOUT, -1, (short) -1,
                new TxnCommand.Take(true, true), new TxnCommand.Asker("heir", "10.0.0.2")));
    }

    long add(String id, TxnReply.Granted pair, TopicPartition... partitions) {
        return submit(new TxnCommand.AddPartitions(
                id, pair.producerId(), pair.producerEpoch(), List.of(partitions), AddMode.ADD, TxnVersion.V2));
    }

    long verify(String id, TxnReply.Granted pair, TopicPartition... partitions) {
        return submit(new TxnCommand.AddPartitions(
                id, pair.producerId(), pair.producerEpoch(), List.of(partitions), AddMode.VERIFY, TxnVersion.V1));
    }

    long end(String id, TxnReply.Granted pair, Outcome outcome) {
        return end(id, pair, outcome, TxnVersion.V2);
    }

    long end(String id, TxnReply.Granted pair, Outcome outcome, TxnVersion version) {
        return submit(new TxnCommand.End(id, pair.producerId(), pair.producerEpoch(), outcome, version));
    }

    long submit(TxnCommand command) {
        long request = ++requests;
        coordinator.submit(request, command, nowMs + PATIENCE_MS, nowMs, this::perform);
        settle();
        return request;
    }

    // ---- answers

    TxnReply.Granted granted(long request) {
        if (replies.get(request) instanceof TxnReply.Granted pair) {
            return pair;
        }
        throw new AssertionError("request " + request + " was answered " + replies.get(request));
    }

    ErrorCode error(long request) {
        return switch (replies.get(request)) {
            case TxnReply.Refused refused -> refused.error();
            case TxnReply.Granted _, TxnReply.Kept _ -> ErrorCode.NONE;
            case TxnReply.Partitions all -> {
                for (ErrorCode error : all.results().values()) {
                    if (error != ErrorCode.NONE) {
                        yield error;
                    }
                }
                yield ErrorCode.NONE;
            }
            case null -> throw new AssertionError("request " + request + " still waits");
        };
    }

    TxnReply.Kept kept(long request) {
        if (replies.get(request) instanceof TxnReply.Kept kept) {
            return kept;
        }
        throw new AssertionError("request " + request + " was answered " + replies.get(request));
    }

    /// What the refusal says to people.
    String reason(long request) {
        if (replies.get(request) instanceof TxnReply.Refused refused) {
            return refused.reason();
        }
        throw new AssertionError("request " + request + " was answered " + replies.get(request));
    }

    boolean waits(long request) {
        return !replies.containsKey(request);
    }

    TxnState state(String id) {
        return coordinator.state(id);
    }

    // ---- what the test lets go

    /// With what is in its batch.
    void commitNext() {
        List<TxnRecord> batch = nextBatch();
        log.addAll(batch);
        batch.forEach(record -> coordinator.committed(record, nowMs, this::perform));
        settle();
    }

    void failNext(ErrorCode error) {
        nextBatch().forEach(record -> coordinator.failed(record, error, nowMs, this::perform));
        settle();
    }

    private List<TxnRecord> nextBatch() {
        List<TxnRecord> batch = new ArrayList<>(List.of(appends.removeFirst()));
        while (isNextJoined()) {
            batch.add(appends.removeFirst());
        }
        return batch;
    }

    private boolean isNextJoined() {
        return !appends.isEmpty() && joined.contains(appends.getFirst());
    }

    void answerMarker(TxnEffect.SendMarkers sent, TopicPartition partition, MarkerResult result) {
        coordinator.markerWritten(
                sent.transactionalId(),
                sent.producerId(),
                sent.producerEpoch(),
                partition,
                result,
                nowMs,
                this::perform);
        settle();
    }

    void releaseMarkers() {
        holdMarkers = false;
        settle();
    }

    void giveIds() {
        if (idsWanted) {
            idsWanted = false;
            ids.add(nextBlock, idsPerBlock);
            nextBlock += idsPerBlock;
            coordinator.producerIdsArrived(nowMs, this::perform);
            settle();
        }
    }

    /// The host's timer fires: it goes by a clock that does not jump.
    void tick() {
        coordinator.tick(nowMs, this::perform);
        settle();
    }

    /// Lets time pass, with every deadline met on the way.
    void pass(long ms) {
        long until = nowMs + ms;
        while (coordinator.nextDeadlineMs() <= until) {
            nowMs = Math.max(nowMs, coordinator.nextDeadlineMs());
            coordinator.tick(nowMs, this::perform);
            settle();
        }
        nowMs = until;
    }

    private void perform(TxnEffect effect) {
        switch (effect) {
            case TxnEffect.Append append -> appends.addLast(append.record());
            case TxnEffect.AppendBoth(TxnEffect.Append first, TxnEffect.Append second) -> {
                appends.addLast(first.record());
                appends.addLast(second.record());
                joined.add(second.record());
            }
            case TxnEffect.SendMarkers send -> {
                markers.addLast(send);
                markersSent.add(send);
            }
            case TxnEffect.Reply reply -> {
                if (replies.putIfAbsent(reply.request(), reply.reply()) != null) {
                    throw new AssertionError("request " + reply.request() + " was answered twice");
                }
            }
            case TxnEffect.Fenced fenced -> fences.add(fenced);
            case TxnEffect.FetchProducerIds _ -> idsWanted = true;
        }
    }

    /// Performs what is not held, until nothing is left to do.
    void settle() {
        boolean again = true;
        while (again) {
            again = false;
            if (!holdIds && idsWanted) {
                again = true;
                giveIds();
            } else if (!holdAppends && !appends.isEmpty()) {
                again = true;
                commitNext();
            } else if (!holdMarkers && !markers.isEmpty()) {
                again = true;
                TxnEffect.SendMarkers sent = markers.removeFirst();
                for (TopicPartition partition : sent.partitions()) {
                    answerMarker(sent, partition, MarkerResult.WRITTEN);
                }
            }
        }
    }

    private static TxnRecord throughBytes(TxnRecord record) {
        return TxnRecordCodec.read(TxnRecordCodec.key(record), TxnRecordCodec.value(record));
    }

    /// What a coordinator that starts now would know.
    SequencedMap<String, TxnState> replayed() {
        TxnCoordinator other = new TxnCoordinator(new ProducerIds(), limits, TxnRoom.BOUNDLESS);
        for (TxnRecord record : log) {
            other.replay(throughBytes(record));
        }
        return other.states();
    }
}
