package io.chapar.client.producer;

import io.chapar.client.AbortableException;
import io.chapar.client.ChaparException;
import io.chapar.client.Disposition;
import io.chapar.client.FatalException;
import io.chapar.client.FencedException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.KafkaConfigNames;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.UsageException;
import io.chapar.client.metadata.CoordinatorType;
import io.chapar.client.producer.CoordinatorCalls.Verdict;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ApiKey;
import io.chapar.protocol.message.EndTxnRequest;
import io.chapar.protocol.message.EndTxnResponse;
import io.chapar.protocol.message.InitProducerIdRequest;
import io.chapar.protocol.message.InitProducerIdResponse;
import io.chapar.protocol.message.Response;
import io.chapar.transport.Call;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.FinalizedFeatures;
import io.chapar.transport.TrafficClass;
import io.chapar.transport.Transport;
import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.concurrent.CompletableFuture;

/// The transactions of one producer: phases ([TxnPhase]), identity, and the requests to the transaction coordinator. On
/// the loop only, but [#phase()].
///
/// Version 2, where the cluster has it: partitions join by being written to, every end answers with the next epoch.
/// Version 1: partitions and groups are announced first ([TxnAnnouncements]), and the epoch moves only after an abort
/// that left a gap. A transaction in which nothing was sent needs no EndTxn and gets none.
final class TxnCore {
    private static final int FIRST_V2_END_TXN = 5;
    private static final int FIRST_BUMPING_INIT = 3;
    /// Offered by brokers that allow two-phase commit, and by no others.
    private static final short TWO_PHASE_INIT = 6;
    private static final String NOT_OFFERED = "two-phase commit is not allowed by the brokers: set "
            + KafkaConfigNames.TWO_PHASE_COMMIT + "=true there";

    private final ClientLoop loop;
    private final Transport transport;
    private final ProducerConfig config;
    private final ProducerCore core;
    private final CoordinatorCalls calls;
    private final TxnAnnouncements announcements;
    private final TxnOffsets offsets;
    private volatile TxnPhase phase = new TxnPhase.Uninitialised();
    private CompletableFuture<Void> operation = CompletableFuture.completedFuture(null);
    private boolean v2;
    /// Something of this transaction may have reached a broker, so that it must be ended there.
    private boolean started;
    /// Numbers were given to batches that will never be written: the next transaction needs a new epoch.
    private boolean gap;
    private boolean ending;
    /// What was open when the id was taken over, and is kept; null when nothing was.
    private @Nullable PreparedTransaction inherited;
    /// Of the last prepared transaction; null when none was decided since the last begin.
    private @Nullable Decision decision;

    private record Decision(PreparedTransaction transaction, boolean commit) {
    }

    TxnCore(ClientLoop loop, Transport transport, ProducerConfig config, ProducerCore core, CoordinatorCalls calls) {
        this.loop = loop;
        this.transport = transport;
        this.config = config;
        this.core = core;
        this.calls = calls;
        announcements = new TxnAnnouncements(calls, config, this);
        offsets = new TxnOffsets(calls, config, this, announcements);
    }

    TxnPhase phase() {
        return phase;
    }

    boolean isV2() {
        return v2;
    }

    Identity identity() {
        return core.identity();
    }

    long nowMs() {
        return loop.nowMs();
    }

    /// Gets the identity, which fences every earlier holder of the transactional id and ends what it left open. While
    /// that is under way, a second call waits for the same.
    /// `keep`: what is open is kept for a decision; the phase is Prepared then.
    CompletableFuture<Void> initialise(boolean keep) {
        return switch (phase) {
            case TxnPhase.Initialising() -> operation;
            case TxnPhase.Uninitialised() -> {
                phase = new TxnPhase.Initialising();
                operation = new CompletableFuture<>();
                requestIdentity(Identity.NONE, keep, () -> become(inherited == null ? new TxnPhase.Ready()
                        : new TxnPhase.Prepared(inherited)));
                yield operation;
            }
            case TxnPhase.Broken(ChaparException cause) -> CompletableFuture.failedFuture(cause);
            case TxnPhase.Ready() -> refused("initTransactions was called before");
            case TxnPhase.InTxn() -> refused("initTransactions was called before");
            case TxnPhase.Prepared(var open) -> refused("initTransactions was called before");
            case TxnPhase.Committing() -> refused("initTransactions was called before");
            case TxnPhase.Aborting() -> refused("initTransactions was called before");
            case TxnPhase.Abortable(ChaparException cause) -> refused("initTransactions was called before");
        };
    }

    CompletableFuture<Void> begin() {
        if (!(phase instanceof TxnPhase.Ready)) {
            return notIn("begin a transaction");
        }
        decision = null;
        FinalizedFeatures features = transport.features();
        if (v2 == features.transactionsV2()) {
            phase = new TxnPhase.InTxn();
            return CompletableFuture.completedFuture(null);
        }
        if (v2) {
            v2 = false;
            phase = new TxnPhase.InTxn();
            return CompletableFuture.completedFuture(null);
        }
        // The cluster moved to version 2: a new epoch first, so that nothing late joins under the old rules.
        phase = new TxnPhase.Initialising();
        operation = new CompletableFuture<>();
        requestIdentity(core.identity(), false, () -> become(new TxnPhase.InTxn()));
        return operation;
    }

    CompletableFuture<Void> sendOffsets(Map<TopicPartition, OffsetAndMetadata> positions, GroupMetadata group) {
        if (!(phase instanceof TxnPhase.InTxn)) {
            return notIn("send offsets");
        }
        return offsets.send(positions, group, v2);
    }

    /// When everything sent is written and every position staged: nothing is added any more, and neither the broker's
    /// timeout nor a close ends it.
    CompletableFuture<Void> prepare() {
        if (!(phase instanceof TxnPhase.InTxn)) {
            return notIn("prepare");
        }
        return core.flush(loop.nowMs()).thenCompose(flushed -> {
            if (!(phase instanceof TxnPhase.InTxn)) {
                return notIn("prepare");
            }
            if (!core.isQuiet() || offsets.isBusy()) {
                return refused("Cannot prepare: records or positions are still on their way");
            }
            phase = new TxnPhase.Prepared(new PreparedTransaction(core.identity().producerId(),
                    core.identity().epoch()));
            return CompletableFuture.completedFuture(null);
        });
    }

    CompletableFuture<Void> commit() {
        if (phase instanceof TxnPhase.Committing) {
            return operation;
        }
        if (!(phase instanceof TxnPhase.InTxn || phase instanceof TxnPhase.Prepared)) {
            return notIn("commit");
        }
        phase = new TxnPhase.Committing();
        operation = new CompletableFuture<>();
        CompletableFuture<Void> committed = operation;
        core.pump(loop.nowMs());
        return committed;
    }

    CompletableFuture<Void> abort() {
        if (phase instanceof TxnPhase.Aborting) {
            return operation;
        }
        if (!(phase instanceof TxnPhase.InTxn || phase instanceof TxnPhase.Prepared
                || phase instanceof TxnPhase.Abortable)) {
            return notIn("abort");
        }
        phase = new TxnPhase.Aborting();
        operation = new CompletableFuture<>();
        CompletableFuture<Void> aborted = operation;
        gap |= core.dropUnsent(new AbortableException("The transaction was aborted"));
        core.pump(loop.nowMs());
        return aborted;
    }

    /// Commits the prepared transaction if it is what was `decided`, else aborts it. Asked again it waits for the same.
    CompletableFuture<Void> complete(@Nullable PreparedTransaction decided) {
        if (phase instanceof TxnPhase.Prepared(PreparedTransaction open)) {
            decision = new Decision(open, open.equals(decided));
        }
        Decision made = decision;
        if (made == null) {
            return phase instanceof TxnPhase.Broken ? notIn("complete") : refused("No transaction is prepared");
        }
        if (made.commit != made.transaction.equals(decided)) {
            return refused("It was decided before to " + (made.commit ? "commit it" : "abort it"));
        }
        return phase instanceof TxnPhase.Ready ? CompletableFuture.completedFuture(null)
                : made.commit ? commit() : abort();
    }

    /// Null when a record may be accepted.
    @Nullable ChaparException refusalToSend() {
        return switch (phase) {
            case TxnPhase.InTxn() -> null;
            case TxnPhase.Abortable(ChaparException cause) -> abortable(cause);
            case TxnPhase.Broken(ChaparException cause) -> cause;
            case TxnPhase.Uninitialised() -> new UsageException("Call initTransactions before sending");
            case TxnPhase.Initialising() -> new UsageException("initTransactions has not ended yet");
            case TxnPhase.Ready() -> new UsageException("Call beginTransaction before sending");
            case TxnPhase.Prepared(var open) -> new UsageException("The transaction is prepared");
            case TxnPhase.Committing() -> new UsageException("The transaction is being committed");
            case TxnPhase.Aborting() -> new UsageException("The transaction is being aborted");
        };
    }

    /// Whether batches for this partition may leave now. Counts as sent from here on.
    boolean maySend(TopicPartition partition) {
        if (!isOpen()) {
            return false;
        }
        if (!v2) {
            return announcements.admits(partition);
        }
        started = true;
        return true;
    }

    boolean mayRetry() {
        return isOpen();
    }

    boolean isCommitting() {
        return phase instanceof TxnPhase.Committing;
    }

    /// In a transaction that may still be committed.
    boolean isOpen() {
        return phase instanceof TxnPhase.InTxn || phase instanceof TxnPhase.Committing;
    }

    /// Something was decided outside an answer to a batch: whoever waited for it may go on.
    void wake() {
        core.pump(loop.nowMs());
    }

    void markStarted() {
        started = true;
    }

    void onBatchFailed(ChaparException cause, boolean wasSent) {
        gap |= wasSent;
        makeAbortable(cause);
    }

    /// The open transaction cannot be committed any more.
    void makeAbortable(ChaparException cause) {
        if (!isOpen()) {
            return;
        }
        boolean committing = isCommitting();
        phase = new TxnPhase.Abortable(cause);
        gap |= core.dropUnsent(abortable(cause));
        if (committing) {
            operation.completeExceptionally(abortable(cause));
        }
    }

    /// Nothing this producer sends will be accepted any more.
    void broken(ChaparException cause) {
        if (phase instanceof TxnPhase.Broken) {
            return;
        }
        phase = new TxnPhase.Broken(cause);
        core.dropUnsent(cause);
        operation.completeExceptionally(cause);
    }

    /// Something was answered: an end that waited for it may go on.
    void onProgress(long nowMs) {
        if (ending || offsets.isBusy() || announcements.isBusy()) {
            return;
        }
        if (isCommitting() && core.isQuiet()) {
            ending = true;
            endOnBroker(true);
        } else if (phase instanceof TxnPhase.Aborting && !core.hasSent()) {
            ending = true;
            endOnBroker(false);
        }
    }

    /// The producer closes: nobody will learn any more what became of a commit that is under way.
    void stop() {
        calls.stop();
        if (!operation.isDone()) {
            operation.completeExceptionally(ending && isCommitting()
                    ? new UnknownOutcomeException("The producer was closed while it waited for the commit's answer")
                    : new RetriableException("The producer was closed"));
        }
    }

    private void endOnBroker(boolean commit) {
        // Whether the coordinator heard of the transaction may be unknown; then it is aborted on suspicion, and a new
        // epoch shuts out what may still be on its way there.
        boolean suspected = !v2 && !commit && announcements.areUncertain();
        gap |= suspected;
        if (!started && !suspected) {
            afterEnd();
            return;
        }
        calls.send(CoordinatorType.TRANSACTION, config.requireTransactionalId(), Long.MAX_VALUE, () -> endCall(commit),
                new CoordinatorCalls.Reader() {
                    @Override
                    public Verdict read(Response response, short version, boolean lostBefore) {
                        return onEndAnswer(commit, (EndTxnResponse) response, lostBefore);
                    }

                    @Override
                    public void gaveUp(ErrorCode error, String detail, boolean lostBefore) {
                        endRefused(commit, error, detail, lostBefore);
                    }
                });
    }

    private Call endCall(boolean commit) {
        EndTxnRequest request = EndTxnRequest.builder()
                .transactionalId(config.requireTransactionalId())
                .producerId(core.identity().producerId())
                .producerEpoch(core.identity().epoch())
                .committed(commit)
                .build();
        Call call = Call.of(request, config.client().requestTimeoutMs());
        return v2 ? call.atLeast(FIRST_V2_END_TXN) : call.atMost(FIRST_V2_END_TXN - 1);
    }

    private Verdict onEndAnswer(boolean commit, EndTxnResponse response, boolean lostBefore) {
        ErrorCode error = ErrorCode.of(response.errorCode());
        if (error == ErrorCode.NONE) {
            if (v2 && response.producerId() >= 0) {
                core.identity(new Identity(response.producerId(), response.producerEpoch()));
                gap = false;
            }
            afterEnd();
            return Verdict.DONE;
        }
        if (error == ErrorCode.INVALID_TXN_STATE && !commit && !started) {
            afterEnd(); // there was nothing to abort
            return Verdict.DONE;
        }
        Verdict again = Verdict.ofRetriable(error);
        if (again != null) {
            return again;
        }
        endRefused(commit, error, null, lostBefore);
        return Verdict.DONE;
    }

    /// An attempt whose answer was lost may have decided the transaction; what a later attempt is told then proves
    /// nothing. Nor does INVALID_TXN_STATE: Apache Kafka says it of a transaction that its timeout has ended.
    private void endRefused(boolean commit, ErrorCode error, @Nullable String detail, boolean lostBefore) {
        String what = commit ? "Commit" : "Abort";
        if (commit && (lostBefore || error == ErrorCode.INVALID_TXN_STATE)) {
            broken(new UnknownOutcomeException(error, lostBefore
                    ? "The commit's first answer was lost, and repeating it was answered with " + error
                    : "Commit: no such transaction is open any more; its timeout may have ended it"));
            return;
        }
        if (commit && error == ErrorCode.TRANSACTION_ABORTABLE) {
            ending = false;
            makeAbortable(new AbortableException(error, "Commit: the transaction must be aborted"));
            return;
        }
        ChaparException refusal = Disposition.exception(error, what, detail);
        broken(refusal instanceof FencedException ? refusal
                : new FatalException(error, refusal.getMessage()));
    }

    private void afterEnd() {
        if (gap && !v2) {
            requestIdentity(core.identity(), false, this::ended);
        } else {
            ended();
        }
    }

    private void ended() {
        started = false;
        gap = false;
        ending = false;
        announcements.clear();
        become(new TxnPhase.Ready());
    }

    /// Null when no transaction waits for its decision.
    @Nullable PreparedTransaction prepared() {
        return phase instanceof TxnPhase.Prepared(PreparedTransaction open) ? open : null;
    }

    private void become(TxnPhase next) {
        phase = next;
        operation.complete(null);
    }

    private void requestIdentity(Identity current, boolean keep, Runnable done) {
        calls.send(CoordinatorType.TRANSACTION, config.requireTransactionalId(), Long.MAX_VALUE,
                () -> initCall(current, keep),
                new CoordinatorCalls.Reader() {
                    @Override
                    public Verdict read(Response response, short version, boolean lostBefore) {
                        return onIdentity((InitProducerIdResponse) response, done);
                    }

                    @Override
                    public void gaveUp(ErrorCode error, String detail, boolean lostBefore) {
                        broken(Disposition.exception(error, "No producer id for " + config.transactionalId(),
                                config.twoPhaseCommit() && error == ErrorCode.UNSUPPORTED_VERSION ? NOT_OFFERED
                                        : detail));
                    }
                });
    }

    private Call initCall(Identity current, boolean keep) {
        InitProducerIdRequest request = InitProducerIdRequest.builder()
                .transactionalId(config.requireTransactionalId())
                .transactionTimeoutMs(config.transactionTimeoutMs())
                .producerId(current.producerId())
                .producerEpoch(current.epoch())
                .enable2Pc(config.twoPhaseCommit())
                .keepPreparedTxn(keep)
                .build();
        if (config.twoPhaseCommit()) {
            return new Call(ApiKey.INIT_PRODUCER_ID, TWO_PHASE_INIT, TWO_PHASE_INIT, version -> request,
                    config.client().requestTimeoutMs(), TrafficClass.CONTROL, false);
        }
        Call call = Call.of(request, config.client().requestTimeoutMs());
        return current.isKnown() ? call.atLeast(FIRST_BUMPING_INIT) : call;
    }

    private Verdict onIdentity(InitProducerIdResponse response, Runnable done) {
        ErrorCode error = ErrorCode.of(response.errorCode());
        if (error != ErrorCode.NONE) {
            Verdict again = Verdict.ofRetriable(error);
            if (again == null) {
                broken(Disposition.exception(error, "No producer id for " + config.transactionalId(),
                        error == ErrorCode.POLICY_VIOLATION ? "a limit of the broker, which its log names"
                                : config.twoPhaseCommit() && error == ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
                                ? NOT_OFFERED : null));
                return Verdict.DONE;
            }
            return again;
        }
        core.identity(new Identity(response.producerId(), response.producerEpoch()));
        v2 = transport.features().transactionsV2();
        if (response.ongoingTxnProducerId() >= 0) {
            inherited = new PreparedTransaction(response.ongoingTxnProducerId(), response.ongoingTxnProducerEpoch());
            started = true;
        }
        done.run();
        return Verdict.DONE;
    }

    private static AbortableException abortable(ChaparException cause) {
        return cause instanceof AbortableException already ? already
                : new AbortableException(cause.errorCode(), "The transaction must be aborted: " + cause.getMessage(),
                        cause);
    }

    private CompletableFuture<Void> notIn(String what) {
        return switch (phase) {
            case TxnPhase.Broken(ChaparException cause) -> CompletableFuture.failedFuture(cause);
            case TxnPhase.Abortable(ChaparException cause) -> CompletableFuture.failedFuture(abortable(cause));
            case TxnPhase.Uninitialised() -> refused("Cannot " + what + ": initTransactions was not called");
            case TxnPhase.Initialising() -> refused("Cannot " + what + ": initTransactions has not ended");
            case TxnPhase.Ready() -> refused("Cannot " + what + ": no transaction is open");
            case TxnPhase.InTxn() -> refused("Cannot " + what + ": a transaction is open");
            case TxnPhase.Prepared(var open) -> refused("Cannot " + what + ": a transaction is prepared");
            case TxnPhase.Committing() ->
                refused("Cannot " + what + ": a commit has not ended; call commitTransaction again to wait for it");
            case TxnPhase.Aborting() ->
                refused("Cannot " + what + ": an abort has not ended; call abortTransaction again to wait for it");
        };
    }

    private static CompletableFuture<Void> refused(String text) {
        return CompletableFuture.failedFuture(new UsageException(text));
    }
}
