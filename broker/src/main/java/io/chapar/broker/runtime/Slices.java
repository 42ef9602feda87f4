package io.chapar.broker.runtime;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/// Work on many items that gives its loop back in between, so that no request keeps others waiting for long. All that
/// fits into one slice is done at once. On one loop alone.
public final class Slices<T> {
    /// Cost of what is done before the loop is given back. An item costs 1 where nothing else is said, which is a few
    /// microseconds: a slice takes a few milliseconds at the most.
    public static final int COST_PER_TURN = 500;

    private final Loop loop;
    private final Iterator<? extends T> items;
    private final ToIntFunction<? super T> cost;
    private final Step<T> step;
    private final Runnable done;
    private long spent;
    private boolean stepping;
    private boolean stepped;

    /// Works on one item. Runs `next`, on the loop, once: now or later.
    public interface Step<T> {
        void take(T item, Runnable next);
    }

    private Slices(
            Loop loop,
            Iterable<? extends T> items,
            ToIntFunction<? super T> cost,
            Step<T> step,
            Runnable done) {
        this.loop = loop;
        this.items = items.iterator();
        this.cost = cost;
        this.step = step;
        this.done = done;
    }

    /// Each item in its order; then, in the same turn as the last one, `done`.
    public static <T> void each(
            Loop loop, Iterable<? extends T> items, Consumer<? super T> work, Runnable done) {
        each(loop, items, _ -> 1, work, done);
    }

    /// @param cost of an item, asked before it is worked on
    public static <T> void each(
            Loop loop,
            Iterable<? extends T> items,
            ToIntFunction<? super T> cost,
            Consumer<? super T> work,
            Runnable done) {
        inTurn(loop, items, cost, (item, next) -> {
            work.accept(item);
            next.run();
        }, done);
    }

    /// One item after the other, where the work on an item may have to wait for others.
    public static <T> void inTurn(Loop loop, Iterable<? extends T> items, Step<T> step, Runnable done) {
        inTurn(loop, items, _ -> 1, step, done);
    }

    public static <T> void inTurn(
            Loop loop,
            Iterable<? extends T> items,
            ToIntFunction<? super T> cost,
            Step<T> step,
            Runnable done) {
        new Slices<T>(loop, items, cost, step, done).go();
    }

    /// The items in their order, so many at a time.
    public static <T> List<List<T>> chunks(List<T> items, int size) {
        List<List<T>> all = new ArrayList<>(items.size() / size + 1);
        for (int from = 0; from < items.size(); from += size) {
            all.add(items.subList(from, Math.min(items.size(), from + size)));
        }
        return all;
    }

    private void go() {
        do {
            if (!items.hasNext()) {
                done.run();
                return;
            }
            if (spent >= COST_PER_TURN) {
                spent = 0;
                loop.later(this::go);
                return;
            }
            T item = items.next();
            spent += cost.applyAsInt(item);
            stepped = false;
            stepping = true;
            step.take(item, this::next);
            stepping = false;
        } while (stepped);
    }

    /// A step that ended at once goes on in the loop of [#go], however many do; one that did not begins it anew.
    private void next() {
        if (stepping) {
            stepped = true;
        } else {
            go();
        }
    }
}
