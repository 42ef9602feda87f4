package io.chapar.client.consumer;

import io.chapar.client.ChaparException;
import io.chapar.client.Disposition;
import io.chapar.client.RetriableException;
import io.chapar.client.metadata.ClusterView;
import io.chapar.client.metadata.Metadata;
import io.chapar.client.metadata.PartitionView;
import io.chapar.client.metadata.TopicView;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.Response;
import io.chapar.transport.Alarm;
import io.chapar.transport.Backoff;
import io.chapar.transport.Call;
import io.chapar.transport.CallResult;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.Node;
import io.chapar.transport.Transport;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/// Questions about single partitions that only their leaders can answer, gathered into one request for each leader,
/// asked again where leaders move, until the answer, an error that stays, or the question's deadline. On the loop only.
///
/// `Q` is what is asked of a partition, `A` what comes back. The number of open questions is bounded by what callers
/// ask: the partitions of one assignment, or of one call.
final class LeaderQuestions<Q, A> {
    /// How one API puts the questions.
    interface Dialect<Q, A> {
        /// For messages: what could not be done, followed by "of PARTITION".
        String name();

        Call call(SortedMap<TopicPartition, Put<Q>> questions);

        void read(Response response, Teller<A> told);
    }

    /// A question with the leader epoch in which it is put; -1 when unknown.
    record Put<Q>(Q question, int leaderEpoch) {
    }

    interface Teller<A> {
        void told(TopicPartition partition, ErrorCode error, A answer);
    }

    sealed interface Answer<A> {
        record Found<A>(A value) implements Answer<A> {
        }

        record Failed<A>(ChaparException cause) implements Answer<A> {
        }
    }

    private final class Open {
        final TopicPartition partition;
        final Q question;
        final long deadlineMs;
        final Consumer<Answer<A>> done;
        boolean asking;
        boolean over;
        int failures;
        long notBeforeMs;
        ErrorCode lastError = ErrorCode.LEADER_NOT_AVAILABLE;
        @Nullable String lastDetail;

        Open(TopicPartition partition, Q question, long deadlineMs, Consumer<Answer<A>> done) {
            this.partition = partition;
            this.question = question;
            this.deadlineMs = deadlineMs;
            this.done = done;
        }

        void end(Answer<A> answer) {
            if (!over) {
                over = true;
                open.remove(this);
                done.accept(answer);
            }
        }
    }

    private final ClientLoop loop;
    private final Transport transport;
    private final Metadata metadata;
    private final Backoff backoff;
    private final Dialect<Q, A> dialect;
    private final List<Open> open = new ArrayList<>();
    private final Alarm alarm;
    private boolean stepping;

    LeaderQuestions(ClientLoop loop, Transport transport, Metadata metadata, Backoff backoff, Dialect<Q, A> dialect) {
        this.loop = loop;
        alarm = new Alarm(loop, this::step);
        this.transport = transport;
        this.metadata = metadata;
        this.backoff = backoff;
        this.dialect = dialect;
    }

    /// `done` runs once, on the loop, never within this call.
    void ask(TopicPartition partition, Q question, long deadlineMs, Consumer<Answer<A>> done) {
        metadata.watch(partition.topic());
        open.add(new Open(partition, question, deadlineMs, done));
        if (!stepping) {
            stepping = true;
            loop.execute(() -> {
                stepping = false;
                step();
            });
        }
    }

    /// Leaders may have become known.
    void onMetadata() {
        step();
    }

    private void step() {
        if (open.isEmpty()) {
            return;
        }
        long nowMs = loop.nowMs();
        ClusterView view = metadata.view();
        Map<Node, List<Open>> byLeader = new TreeMap<>((left, right) -> Integer.compare(left.id(), right.id()));
        boolean unknown = false;
        for (Open one : List.copyOf(open)) {
            if (one.asking || one.over) {
                continue;
            }
            if (one.deadlineMs <= nowMs) {
                one.end(new Answer.Failed<>(late(one)));
                continue;
            }
            ErrorCode topicError = view.errors().get(one.partition.topic());
            if (topicError != null) {
                one.lastError = topicError;
                if (!Disposition.of(topicError).mayRetry()) {
                    one.end(new Answer.Failed<>(refused(one, topicError, null)));
                    continue;
                }
            }
            Node leader = view.leader(one.partition.topic(), one.partition.partition());
            if (leader == null) {
                unknown = true;
            } else if (one.notBeforeMs <= nowMs) {
                byLeader.computeIfAbsent(leader, node -> new ArrayList<>()).add(one);
            }
        }
        byLeader.forEach(this::send);
        if (unknown) {
            metadata.refresh();
        }
        arm();
    }

    /// One question for each partition in one request; others about the same partition wait for the next.
    private void send(Node leader, List<Open> questions) {
        SortedMap<TopicPartition, Put<Q>> put = new TreeMap<>();
        SortedMap<TopicPartition, Open> asked = new TreeMap<>();
        for (Open one : questions) {
            if (asked.putIfAbsent(one.partition, one) == null) {
                put.put(one.partition, new Put<>(one.question, leaderEpoch(one.partition)));
                one.asking = true;
            }
        }
        transport.send(leader, dialect.call(put), outcome -> {
            asked.values().forEach(one -> one.asking = false);
            onOutcome(asked, outcome);
            step();
        });
    }

    private int leaderEpoch(TopicPartition partition) {
        TopicView topic = metadata.view().topic(partition.topic());
        PartitionView view = topic == null ? null : topic.partition(partition.partition());
        return view == null ? -1 : view.leaderEpoch();
    }

    private void onOutcome(SortedMap<TopicPartition, Open> asked, CallResult outcome) {
        switch (outcome) {
            case CallResult.Answered(Response response, short version) -> {
                dialect.read(response, (partition, error, answer) -> {
                    Open one = asked.remove(partition);
                    if (one != null) {
                        onAnswer(one, error, answer);
                    }
                });
                // Left out of the answer: as if the leader did not know them.
                asked.values().forEach(one -> retry(one, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "not answered"));
            }
            case CallResult.Written written -> throw new IllegalStateException("not sent one-way: " + written);
            case CallResult.NoAnswer none -> {
                ErrorCode refusal = none.refusal();
                for (Open one : asked.values()) {
                    if (refusal != null) {
                        one.end(new Answer.Failed<>(refused(one, refusal, none.detail())));
                    } else {
                        retry(one, ErrorCode.NETWORK_EXCEPTION, none.detail());
                    }
                }
            }
        }
    }

    private void onAnswer(Open one, ErrorCode error, A answer) {
        if (error == ErrorCode.NONE) {
            one.end(new Answer.Found<>(answer));
        } else if (Disposition.of(error).mayRetry()) {
            retry(one, error, null);
        } else {
            one.end(new Answer.Failed<>(refused(one, error, null)));
        }
    }

    private void retry(Open one, ErrorCode error, @Nullable String detail) {
        one.lastError = error;
        one.lastDetail = detail;
        one.failures++;
        one.notBeforeMs = loop.nowMs() + backoff.delayMs(one.failures);
        if (Disposition.of(error) == Disposition.REFRESH) {
            metadata.refresh();
        }
    }

    private ChaparException refused(Open one, ErrorCode error, @Nullable String detail) {
        return Disposition.exception(error, dialect.name() + " of " + one.partition, detail);
    }

    private ChaparException late(Open one) {
        String why = one.lastDetail == null ? one.lastError.toString() : one.lastError + ", " + one.lastDetail;
        String fault = metadata.lastFault();
        return new RetriableException(one.lastError, dialect.name() + " of " + one.partition
                + " took too long; last: " + why + (fault.isEmpty() ? "" : "; " + fault));
    }

    private void arm() {
        long nextMs = Long.MAX_VALUE;
        long nowMs = loop.nowMs();
        for (Open one : open) {
            if (!one.asking) {
                nextMs = Math.min(nextMs, one.deadlineMs);
                if (one.notBeforeMs > nowMs) {
                    nextMs = Math.min(nextMs, one.notBeforeMs);
                }
            }
        }
        alarm.set(nextMs);
    }
}
