package io.chapar.client.consumer;

import io.chapar.client.ChaparException;
import io.chapar.client.Disposition;
import io.chapar.client.FencedException;
import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.UnknownOutcomeException;
import io.chapar.client.metadata.CoordinatorLookup;
import io.chapar.client.metadata.CoordinatorOutcome;
import io.chapar.client.metadata.CoordinatorType;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.OffsetCommitResponse;
import io.chapar.protocol.message.OffsetFetchResponse;
import io.chapar.protocol.message.Response;
import io.chapar.transport.Backoff;
import io.chapar.transport.Call;
import io.chapar.transport.CallResult;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.Node;
import io.chapar.transport.Transport;
import org.jspecify.annotations.Nullable;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// A group's committed offsets: writes and reads them at its coordinator, wherever that moves. On the loop only.
///
/// Commits leave one after the other, in the order of the calls, each repeated until its answer or its deadline; so a
/// commit that is repeated never overtakes or undoes a later one. A commit speaks for the generation in which it was
/// asked for, also when it is repeated after a rebalance.
final class CommitCore implements Positions.CommittedOffsets {
    /// Commits that wait for earlier ones; more are refused.
    static final int MAX_WAITING = 10_000;

    /// Told when the coordinator refuses a commit as coming from a member it does not know as such.
    interface Fencing {
        /// Whether this member goes on, in a newer generation than that of `by`.
        boolean refused(ErrorCode error, GroupMetadata by);
    }

    private sealed interface Step {
        record Done() implements Step {
        }

        record Again(ErrorCode error) implements Step {
        }

        record Failed(ChaparException cause) implements Step {
        }
    }

    /// One call with all its repetitions.
    private abstract static class Work {
        final String what;
        final long deadlineMs;
        int failures;
        boolean mayHaveHappened;
        String last = "the coordinator is not known yet";
        ErrorCode lastError = ErrorCode.COORDINATOR_NOT_AVAILABLE;

        Work(String what, long deadlineMs) {
            this.what = what;
            this.deadlineMs = deadlineMs;
        }

        abstract Call call(long timeoutMs);

        abstract Step onAnswer(Response response, short version);

        abstract void end(@Nullable ChaparException failure);
    }

    private final ClientLoop loop;
    private final Transport transport;
    private final CoordinatorLookup lookup;
    private final Backoff backoff;
    private final String groupId;
    private final int requestTimeoutMs;
    private final Fencing fencing;
    private final ArrayDeque<Work> commits = new ArrayDeque<>();
    private final List<Runnable> idle = new ArrayList<>();
    private boolean committing;

    CommitCore(ClientLoop loop, Transport transport, CoordinatorLookup lookup, Backoff backoff, ConsumerConfig config,
            Fencing fencing) {
        this.loop = loop;
        this.transport = transport;
        this.lookup = lookup;
        this.backoff = backoff;
        this.groupId = config.requireGroupId();
        this.requestTimeoutMs = config.client().requestTimeoutMs();
        this.fencing = fencing;
    }

    /// `by`: the member that commits; without a generation it commits as somebody outside of the group's membership.
    /// `done` gets null when the offsets are committed.
    void commit(SortedMap<TopicPartition, OffsetAndMetadata> offsets, GroupMetadata by, long deadlineMs,
            Consumer<ChaparException> done) {
        if (offsets.isEmpty()) {
            done.accept(null);
            return;
        }
        if (commits.size() >= MAX_WAITING) {
            done.accept(new RetriableException("Too many commits are waiting for earlier ones (" + MAX_WAITING + ")"));
            return;
        }
        commits.addLast(new Work("Committing offsets of group " + groupId, deadlineMs) {
            @Override
            Call call(long timeoutMs) {
                return OffsetMessages.commit(offsets, by, timeoutMs);
            }

            @Override
            Step onAnswer(Response response, short version) {
                return onCommitted(OffsetMessages.error((OffsetCommitResponse) response), by);
            }

            @Override
            void end(@Nullable ChaparException failure) {
                committing = false;
                done.accept(failure);
                nextCommit();
            }
        });
        nextCommit();
    }

    /// Runs `then` once no commit is under way.
    void whenIdle(Runnable then) {
        if (committing) {
            idle.add(then);
        } else {
            then.run();
        }
    }

    private void nextCommit() {
        if (committing) {
            return;
        }
        if (!commits.isEmpty()) {
            committing = true;
            attempt(commits.pollFirst());
        } else if (!idle.isEmpty()) {
            List<Runnable> waiting = List.copyOf(idle);
            idle.clear();
            waiting.forEach(Runnable::run);
        }
    }

    private Step onCommitted(ErrorCode error, GroupMetadata by) {
        return switch (error) {
            case NONE -> new Step.Done();
            case REBALANCE_IN_PROGRESS -> new Step.Failed(new RetriableException(error,
                    "The group " + groupId + " is rebalancing; poll, then commit what is still assigned"));
            case ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID, FENCED_MEMBER_EPOCH,
                    STALE_MEMBER_EPOCH -> {
                boolean newer = fencing.refused(error, by);
                yield new Step.Failed(newer
                        ? new RetriableException(error, "The group " + groupId
                                + " has rebalanced meanwhile; commit what is still assigned")
                        : new FencedException(error, "The group " + groupId + " went on without this member; its "
                                + "partitions may have other readers, and what was not committed will be read again"));
            }
            default -> reaction(error, "Committing offsets of group " + groupId);
        };
    }

    /// What is committed, as of now: a position whose transaction is being decided is waited for.
    @Override
    public void fetch(SortedSet<TopicPartition> partitions, long deadlineMs,
            BiConsumer<SortedMap<TopicPartition, OffsetAndMetadata>, ChaparException> done) {
        TreeMap<TopicPartition, OffsetAndMetadata> found = new TreeMap<>();
        if (partitions.isEmpty()) {
            done.accept(found, null);
            return;
        }
        attempt(new Work("Asking for committed offsets of group " + groupId, deadlineMs) {
            @Override
            Call call(long timeoutMs) {
                return OffsetMessages.fetch(groupId, partitions, timeoutMs);
            }

            @Override
            Step onAnswer(Response response, short version) {
                found.clear();
                ErrorCode error = OffsetMessages.read((OffsetFetchResponse) response, version, found);
                return error == ErrorCode.NONE ? new Step.Done() : reaction(error, what);
            }

            @Override
            void end(@Nullable ChaparException failure) {
                done.accept(found, failure);
            }
        });
    }

    private static Step reaction(ErrorCode error, String what) {
        return Disposition.of(error).mayRetry()
                ? new Step.Again(error) : new Step.Failed(Disposition.exception(error, what, null));
    }

    private void attempt(Work work) {
        lookup.find(CoordinatorType.GROUP, groupId, work.deadlineMs, outcome -> {
            switch (outcome) {
                case CoordinatorOutcome.Found(Node node) -> send(work, node);
                case CoordinatorOutcome.NotFound(ErrorCode error, String detail) -> {
                    if (Disposition.of(error).mayRetry()) {
                        work.lastError = error;
                        work.last = error + (detail == null ? "" : ", " + detail);
                        work.end(late(work));
                    } else {
                        work.end(Disposition.exception(error, work.what, detail));
                    }
                }
            }
        });
    }

    private void send(Work work, Node node) {
        long leftMs = work.deadlineMs - loop.nowMs();
        if (leftMs <= 0) {
            work.end(late(work));
            return;
        }
        transport.send(node, work.call(Math.min(leftMs, requestTimeoutMs)), outcome -> {
            switch (outcome) {
                case CallResult.Answered(Response response, short version) -> {
                    switch (work.onAnswer(response, version)) {
                        case Step.Done() -> work.end(null);
                        case Step.Failed(ChaparException cause) -> work.end(cause);
                        case Step.Again(ErrorCode error) -> again(work, error, null);
                    }
                }
                case CallResult.Written written -> throw new IllegalStateException("not sent one-way: " + written);
                case CallResult.NoAnswer none -> {
                    ErrorCode refusal = none.refusal();
                    if (refusal != null) {
                        work.end(Disposition.exception(refusal, work.what, none.detail()));
                    } else {
                        work.mayHaveHappened |= none.mayHaveHappened();
                        again(work, ErrorCode.NETWORK_EXCEPTION, none.detail());
                    }
                }
            }
        });
    }

    private void again(Work work, ErrorCode error, @Nullable String detail) {
        work.failures++;
        work.lastError = error;
        work.last = error + (detail == null ? "" : ", " + detail);
        if (error == ErrorCode.NOT_COORDINATOR || error == ErrorCode.COORDINATOR_NOT_AVAILABLE
                || error == ErrorCode.NETWORK_EXCEPTION) {
            lookup.forget(CoordinatorType.GROUP, groupId);
        }
        long waitMs = Math.max(1, backoff.delayMs(work.failures));
        if (loop.nowMs() + waitMs >= work.deadlineMs) {
            work.end(late(work));
        } else {
            loop.schedule(waitMs, () -> attempt(work));
        }
    }

    private static ChaparException late(Work work) {
        String text = work.what + " took too long; last: " + work.last;
        return work.mayHaveHappened ? new UnknownOutcomeException(work.lastError, text)
                : new RetriableException(work.lastError, text);
    }
}
