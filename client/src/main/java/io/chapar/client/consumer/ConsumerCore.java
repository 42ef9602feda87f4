package io.chapar.client.consumer;

import io.chapar.client.ChaparException;
import io.chapar.client.ClientConfig;
import io.chapar.client.Disposition;
import io.chapar.client.GroupMetadata;
import io.chapar.client.OffsetAndMetadata;
import io.chapar.client.RetriableException;
import io.chapar.client.metadata.CoordinatorLookup;
import io.chapar.client.metadata.Metadata;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.transport.Backoff;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.ClientRuntime;
import io.chapar.transport.Transport;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

import static java.util.Objects.requireNonNull;

/// Everything of one consumer that lives on the loop, and the door through which the user's thread asks it: one [#poll]
/// at a time, answered when there is something for that thread to do.
final class ConsumerCore implements OwnedPartitions.Reading {
    /// How soon topics that were not found are asked for again.
    private static final int MISSING_TOPIC_MS = 500;

    /// What the polling thread gets: a rebalance event to handle, or data, or neither (the time is over, or somebody
    /// woke it).
    record Turn(@Nullable GroupEvent event, List<FetchedData> data, boolean woken) {
    }

    private record Poller(boolean wantsData, long deadlineMs, CompletableFuture<Turn> done) {
    }

    private static final class PositionWaiter {
        private final PartitionPosition tracked;
        private final long deadlineMs;
        private final CompletableFuture<Long> done;
        private ClientLoop.@Nullable Timer timer;

        PositionWaiter(PartitionPosition tracked, long deadlineMs, CompletableFuture<Long> done) {
            this.tracked = tracked;
            this.deadlineMs = deadlineMs;
            this.done = done;
        }
    }

    private final ConsumerConfig config;
    private final ClientLoop loop;
    private final Metadata metadata;
    private final LeaderQuestions<Long, OffsetAndTimestamp> offsets;
    private final LeaderQuestions<Integer, EpochQuestions.EpochEnd> epochs;
    private final Positions positions;
    private final FetchCore fetch;
    /// Both null without a group.
    private final @Nullable CommitCore commits;
    private final @Nullable MembershipCore membership;
    private final TreeSet<String> watched = new TreeSet<>();
    private final List<PositionWaiter> positionWaiters = new ArrayList<>();
    private @Nullable Poller poller;
    private ClientLoop.@Nullable Timer pollTimer;
    private ClientLoop.@Nullable Timer missingTimer;
    private boolean woken;
    private boolean stopped;

    ConsumerCore(ConsumerConfig config, ClientRuntime runtime) {
        this.config = config;
        loop = runtime.loop();
        ClientConfig client = config.client();
        Transport transport = runtime.transport();
        Backoff backoff = new Backoff(client.retryBackoffMs(), client.retryBackoffMaxMs(), runtime.random());
        metadata = new Metadata(loop, transport, client, backoff, config.createTopics());
        offsets = new LeaderQuestions<>(loop, transport, metadata, backoff,
                new OffsetQuestions(config.isolation(), client.requestTimeoutMs()));
        epochs = new LeaderQuestions<>(loop, transport, metadata, backoff,
                new EpochQuestions(client.requestTimeoutMs()));
        if (config.groupId() == null) {
            commits = null;
            membership = null;
        } else {
            CoordinatorLookup lookup = new CoordinatorLookup(loop, transport, metadata, client, backoff);
            membership = new MembershipCore(loop, transport, metadata, lookup, backoff, config, this, this::settle);
            commits = new CommitCore(loop, transport, lookup, backoff, config, membership);
        }
        positions = new Positions(loop, metadata, backoff, config, offsets, epochs, commits, this::positionsChanged);
        fetch = new FetchCore(loop, transport, metadata, backoff, config, positions, this::settle);
        metadata.onChange(this::onMetadata);
    }

    Positions positions() {
        return positions;
    }

    Metadata metadata() {
        return metadata;
    }

    /// Where there is a group.
    MembershipCore membership() {
        return requireNonNull(membership, "a consumer without a group is no member");
    }

    /// Where there is a group.
    private CommitCore commits() {
        return requireNonNull(commits, "a consumer without a group commits nothing");
    }

    boolean isSubscribed() {
        return membership != null && membership.isSubscribed();
    }

    // Polling.

    /// `wantsData` false: the thread has records left, and only wants to know whether something is to be done first.
    void poll(boolean wantsData, long deadlineMs, CompletableFuture<Turn> done) {
        poller = new Poller(wantsData, deadlineMs, done);
        if (membership != null) {
            membership.pollEntered();
        }
        settle();
        if (poller != null) {
            pollTimer = loop.schedule(Math.max(1, deadlineMs - loop.nowMs()), this::settle);
        }
    }

    /// The thread waits no longer; it gets what was on its way to it.
    void endPoll() {
        if (poller != null) {
            answer(new Turn(null, List.of(), true));
        }
    }

    /// Ends the poll under way, or the next one.
    void wakeup() {
        woken = true;
        settle();
    }

    private void settle() {
        if (poller == null) {
            return;
        }
        ChaparException error = takeError();
        GroupEvent event = membership == null ? null : membership.event();
        if (error != null) {
            CompletableFuture<Turn> done = poller.done;
            leavePoll();
            done.completeExceptionally(error);
            fetch.step(); // what failed is tried again once it has been told
        } else if (event != null) {
            answer(new Turn(event, List.of(), false));
        } else if (poller.wantsData && fetch.hasData()) {
            answer(new Turn(null, fetch.take(), false));
        } else if (woken) {
            woken = false;
            answer(new Turn(null, List.of(), true));
        } else if (!poller.wantsData || loop.nowMs() >= poller.deadlineMs) {
            answer(new Turn(null, List.of(), false));
        }
    }

    private void answer(Turn turn) {
        CompletableFuture<Turn> done = requireNonNull(poller, "somebody polls who can be answered").done;
        leavePoll();
        done.complete(turn);
    }

    private void leavePoll() {
        poller = null;
        if (pollTimer != null) {
            pollTimer.cancel();
            pollTimer = null;
        }
        if (membership != null) {
            membership.pollLeft();
        }
    }

    private @Nullable ChaparException takeError() {
        if (membership != null) {
            ChaparException error = membership.takeError();
            if (error != null) {
                return error;
            }
            for (String topic : membership.topics()) {
                ErrorCode code = metadata.view().errors().get(topic);
                if (code != null && !Disposition.of(code).mayRetry()) {
                    return Disposition.exception(code, "Topic " + topic, null);
                }
            }
        }
        return positions.takeError();
    }

    private void positionsChanged() {
        fetch.step();
        long nowMs = loop.nowMs();
        for (PositionWaiter waiter : List.copyOf(positionWaiters)) {
            PartitionPosition one = waiter.tracked;
            if (one.hasPosition()) {
                end(waiter, () -> waiter.done.complete(one.deliveredOffset()));
            } else if (one.phase instanceof PartitionPosition.Phase.Stuck(ChaparException cause)) {
                end(waiter, () -> waiter.done.completeExceptionally(cause));
            } else if (waiter.deadlineMs <= nowMs) {
                end(waiter, () -> waiter.done.completeExceptionally(new RetriableException(
                        "The position of " + one.partition + " could not be found in time"
                                + (metadata.lastFault().isEmpty() ? "" : "; " + metadata.lastFault()))));
            }
        }
        settle();
    }

    private void end(PositionWaiter waiter, Runnable how) {
        positionWaiters.remove(waiter);
        if (waiter.timer != null) {
            waiter.timer.cancel();
        }
        how.run();
    }

    private void onMetadata() {
        if (stopped) {
            return;
        }
        if (membership != null) {
            membership.onMetadata();
        }
        positions.onMetadata();
        offsets.onMetadata();
        epochs.onMetadata();
        fetch.step();
        boolean missing = watched.stream().anyMatch(topic -> metadata.view().errors().containsKey(topic));
        if (missing && missingTimer == null) {
            missingTimer = loop.schedule(MISSING_TOPIC_MS, () -> {
                missingTimer = null;
                if (!stopped) {
                    metadata.refresh();
                }
            });
        }
        settle();
    }

    // What is read.

    /// Exactly these, from now on.
    void assign(SortedSet<TopicPartition> wanted) {
        SortedSet<TopicPartition> gone = positions.partitions();
        gone.removeAll(wanted);
        positions.remove(gone);
        positions.add(wanted, false);
        trim();
        fetch.step();
    }

    void subscribe(Collection<String> topics) {
        membership().subscribe(topics);
        trim();
    }

    void unsubscribe(String why, Runnable done) {
        if (isSubscribed()) {
            membership().leave(why, done);
        } else {
            done.run();
        }
        positions.remove(positions.partitions());
        trim();
    }

    void seek(TopicPartition partition, long offset, int epoch) {
        positions.seek(partition, offset, epoch);
        fetch.step();
    }

    void seekToReset(Collection<TopicPartition> partitions, OffsetReset to) {
        partitions.forEach(positions::require);
        partitions.forEach(partition -> positions.seekToReset(partition, to));
    }

    void pause(Collection<TopicPartition> partitions, boolean paused) {
        partitions.forEach(positions::require);
        partitions.forEach(partition -> positions.require(partition).paused = paused);
        fetch.step();
    }

    void position(TopicPartition partition, long deadlineMs, CompletableFuture<Long> done) {
        PositionWaiter waiter = new PositionWaiter(positions.require(partition), deadlineMs, done);
        waiter.timer = loop.schedule(Math.max(1, deadlineMs - loop.nowMs()), this::positionsChanged);
        positionWaiters.add(waiter);
        positionsChanged();
    }

    /// Topics that nobody reads any more are not asked about any more.
    private void trim() {
        TreeSet<String> needed = new TreeSet<>();
        positions.partitions().forEach(partition -> needed.add(partition.topic()));
        if (membership != null) {
            needed.addAll(membership.topics());
        }
        watched.stream().filter(topic -> !needed.contains(topic)).forEach(metadata::unwatch);
        watched.clear();
        watched.addAll(needed);
    }

    @Override
    public void hold(Collection<TopicPartition> added) {
        positions.add(added, true);
    }

    @Override
    public void release(Collection<TopicPartition> added) {
        positions.release(added);
        fetch.step();
    }

    @Override
    public void drop(Collection<TopicPartition> gone) {
        positions.remove(gone);
    }

    // Offsets.

    /// In whose name offsets are committed now; null while subscribed and not yet a member.
    @Nullable GroupMetadata identity() {
        return membership().isSubscribed() ? membership().identity() : new GroupMetadata(config.requireGroupId());
    }

    void commit(SortedMap<TopicPartition, OffsetAndMetadata> positions, long deadlineMs,
            CompletableFuture<Void> done) {
        GroupMetadata by = identity();
        if (by == null) {
            done.completeExceptionally(new RetriableException("Group " + config.groupId()
                    + " has not been joined yet: poll first"));
            return;
        }
        commits().commit(positions, by, deadlineMs, failure -> finish(done, null, failure));
    }

    void committed(SortedSet<TopicPartition> partitions, long deadlineMs,
            CompletableFuture<Map<TopicPartition, OffsetAndMetadata>> done) {
        commits().fetch(partitions, deadlineMs, (found, failure) -> finish(done, found, failure));
    }

    /// The answer holds each partition; an offset of -1 means that there is no such record.
    void offsetsFor(SortedMap<TopicPartition, Long> timestamps, long deadlineMs,
            CompletableFuture<SortedMap<TopicPartition, OffsetAndTimestamp>> done) {
        SortedMap<TopicPartition, OffsetAndTimestamp> found = new TreeMap<>();
        if (timestamps.isEmpty()) {
            done.complete(found);
        }
        timestamps.forEach((partition, timestamp) -> offsets.ask(partition, timestamp, deadlineMs, answer -> {
            switch (answer) {
                case LeaderQuestions.Answer.Found<OffsetAndTimestamp>(OffsetAndTimestamp one) -> {
                    found.put(partition, one);
                    if (found.size() == timestamps.size()) {
                        done.complete(found);
                    }
                }
                case LeaderQuestions.Answer.Failed<OffsetAndTimestamp>(ChaparException cause) ->
                    done.completeExceptionally(cause);
            }
        }));
    }

    private static <T> void finish(CompletableFuture<T> done, @Nullable T value, @Nullable ChaparException failure) {
        if (failure == null) {
            done.complete(value);
        } else {
            done.completeExceptionally(failure);
        }
    }

    // The end.

    /// Lets commits that are under way end, then leaves the group.
    void close(Runnable done) {
        Runnable leave = () -> {
            unsubscribe("the consumer is closed", () -> {
                stop();
                done.run();
            });
        };
        if (commits == null) {
            leave.run();
        } else {
            commits.whenIdle(leave);
        }
    }

    void stop() {
        stopped = true;
        fetch.stop();
        metadata.stop();
        if (membership != null) {
            membership.stop();
        }
        if (missingTimer != null) {
            missingTimer.cancel();
        }
        if (poller != null) {
            answer(new Turn(null, List.of(), true));
        }
    }
}
