package io.chapar.broker.handler;

import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.Slices;
import io.chapar.broker.shard.Shard;
import io.chapar.broker.shard.Shards;
import io.chapar.protocol.TopicPartition;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/// Asks the loops that own some partitions, each about its own in slices, and gathers one answer for each.
final class FanOut {
    /// To ask about a partition that nobody has asked for yet opens its files.
    private static final int COST = 5;

    /// On the shard's loop. `answer` is called once, there, now or later.
    interface Question<T, R> {
        void ask(Shard shard, T item, Consumer<R> answer);
    }

    private FanOut() {}

    /// `done` runs on the caller's loop with the answers in the order of the items.
    static <T, R> void over(
            Shards shards,
            Loop caller,
            List<T> items,
            Function<T, TopicPartition> partitionOf,
            Question<T, R> question,
            Consumer<List<R>> done) {
        over(shards, caller, items, partitionOf, _ -> COST, question, done, () -> { });
    }

    /// @param cost of a question, as [Slices] counts it
    static <T, R> void over(
            Shards shards,
            Loop caller,
            List<T> items,
            Function<T, TopicPartition> partitionOf,
            ToIntFunction<T> cost,
            Question<T, R> question,
            Consumer<List<R>> done) {
        over(shards, caller, items, partitionOf, cost, question, done, () -> { });
    }

    /// @param inPlace runs on the caller's loop, once, when no question that is asked from there afterwards can come
    ///        before any of these: mostly at once, since what is handed to a loop stays in order; where these take
    ///        several slices, after the last of them
    static <T, R> void over(
            Shards shards,
            Loop caller,
            List<T> items,
            Function<T, TopicPartition> partitionOf,
            ToIntFunction<T> cost,
            Question<T, R> question,
            Consumer<List<R>> done,
            Runnable inPlace) {
        if (items.size() == 1) {
            one(shards.of(partitionOf.apply(items.getFirst())), caller, items.getFirst(), question, done);
            inPlace.run();
            return;
        }
        Map<Shard, List<Integer>> byOwner = new LinkedHashMap<>();
        for (int i = 0; i < items.size(); i++) {
            byOwner.computeIfAbsent(shards.of(partitionOf.apply(items.get(i))), s -> new ArrayList<>()).add(i);
        }
        if (byOwner.isEmpty()) {
            done.accept(List.of());
            return;
        }
        int inSlices = 0;
        for (List<Integer> indexes : byOwner.values()) {
            inSlices += takesSlices(items, indexes, cost) ? 1 : 0;
        }
        Gathering<R> gathering = new Gathering<>(items.size(), byOwner.size(), done, inSlices, inPlace);
        byOwner.forEach((shard, indexes) -> {
            Runnable asked = takesSlices(items, indexes, cost) ? () -> caller.run(gathering::ownerAsked) : () -> { };
            shard.loop().run(() -> {
                // Touched on the shard's loop alone.
                int[] left = {indexes.size()};
                Slices.each(shard.loop(), indexes, index -> cost.applyAsInt(items.get(index)),
                        index -> question.ask(shard, items.get(index), answer -> {
                            gathering.answers[index] = answer;
                            if (--left[0] == 0) {
                                caller.run(gathering::ownerDone);
                            }
                        }),
                        asked);
            });
        });
        if (inSlices == 0) {
            inPlace.run();
        }
    }

    /// As [#over], but each loop is asked about one partition after the other: an answer may take long, and hold
    /// something until it is there.
    static <T, R> void inTurn(
            Shards shards,
            Loop caller,
            List<T> items,
            Function<T, TopicPartition> partitionOf,
            Question<T, R> question,
            Consumer<List<R>> done) {
        Map<Shard, List<Integer>> byOwner = new LinkedHashMap<>();
        for (int i = 0; i < items.size(); i++) {
            byOwner.computeIfAbsent(shards.of(partitionOf.apply(items.get(i))), s -> new ArrayList<>()).add(i);
        }
        if (byOwner.isEmpty()) {
            done.accept(List.of());
            return;
        }
        Gathering<R> gathering = new Gathering<>(items.size(), byOwner.size(), done, 0, () -> { });
        byOwner.forEach((shard, indexes) -> shard.loop().run(() ->
                Slices.inTurn(shard.loop(), indexes, _ -> COST,
                        (index, next) -> question.ask(shard, items.get(index), answer -> {
                            gathering.answers[index] = answer;
                            next.run();
                        }),
                        () -> caller.run(gathering::ownerDone))));
    }

    private static <T> boolean takesSlices(List<T> items, List<Integer> indexes, ToIntFunction<T> cost) {
        long all = 0;
        for (int index : indexes) {
            all += cost.applyAsInt(items.get(index));
        }
        return all > Slices.COST_PER_TURN;
    }

    /// What was asked topic by topic is answered topic by topic.
    ///
    /// @param answers one for each partition of each topic, in their order
    static <T, R, A> List<A> byTopic(
            List<T> topics, ToIntFunction<T> partitions, List<R> answers,
            BiFunction<T, List<R>, A> together) {
        List<A> all = new ArrayList<>(topics.size());
        int next = 0;
        for (T topic : topics) {
            int end = next + partitions.applyAsInt(topic);
            all.add(together.apply(topic, List.copyOf(answers.subList(next, end))));
            next = end;
        }
        return all;
    }

    /// The usual case, without the gathering.
    private static <T, R> void one(
            Shard shard, Loop caller, T item, Question<T, R> question, Consumer<List<R>> done) {
        shard.loop().run(() -> question.ask(shard, item,
                answer -> caller.run(() -> done.accept(Collections.singletonList(answer)))));
    }

    /// Every slot is written by one owner before that owner hands over to the caller's loop, which alone counts and
    /// reads.
    private static final class Gathering<R> {
        private final Object[] answers;
        private final Consumer<List<R>> done;
        private final Runnable inPlace;
        private int ownersLeft;
        private int ownersInSlices;

        Gathering(int items, int owners, Consumer<List<R>> done, int ownersInSlices, Runnable inPlace) {
            this.answers = new Object[items];
            this.ownersLeft = owners;
            this.done = done;
            this.ownersInSlices = ownersInSlices;
            this.inPlace = inPlace;
        }

        /// One of those that take several slices has had the last.
        void ownerAsked() {
            if (--ownersInSlices == 0) {
                inPlace.run();
            }
        }

        @SuppressWarnings("unchecked")
        void ownerDone() {
            if (--ownersLeft == 0) {
                done.accept((List<R>) Arrays.asList(answers));
            }
        }
    }
}
