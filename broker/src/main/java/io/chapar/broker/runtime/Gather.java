package io.chapar.broker.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/// Questions to others that are all asked at once, or so many at a time: one that is not answered for long keeps no
/// other from being asked. What was answered is in the order of the questions. On one loop alone.
public final class Gather<Q, A> {
    private final Loop loop;
    private final List<Q> questions;
    private final int atOnce;
    private final Ask<Q, A> ask;
    private final Consumer<List<A>> done;
    private final NavigableMap<Integer, A> answers = new TreeMap<>();
    private int asked = 0;
    private boolean asking = false;

    /// Asks one question. Runs `answer`, on the loop, once: now or later.
    public interface Ask<Q, A> {
        void put(Q question, Consumer<A> answer);
    }

    private Gather(Loop loop, List<Q> questions, int atOnce, Ask<Q, A> ask, Consumer<List<A>> done) {
        this.loop = loop;
        this.questions = questions;
        this.atOnce = atOnce;
        this.ask = ask;
        this.done = done;
    }

    /// @param atOnce questions that may be under way at one time
    public static <Q, A> void all(
            Loop loop, List<Q> questions, int atOnce, Ask<Q, A> ask, Consumer<List<A>> done) {
        new Gather<>(loop, questions, atOnce, ask, done).go();
    }

    /// Gives the loop back in between, as [Slices] does.
    private void go() {
        if (asking) {
            return;
        }
        asking = true;
        for (int spent = 0; asked < questions.size() && asked - answers.size() < atOnce; spent++) {
            if (spent == Slices.COST_PER_TURN) {
                loop.later(() -> {
                    asking = false;
                    go();
                });
                return;
            }
            int number = asked++;
            ask.put(questions.get(number), answer -> {
                answers.put(number, answer);
                go();
            });
        }
        asking = false;
        if (answers.size() == questions.size()) {
            done.accept(new ArrayList<>(answers.values()));
        }
    }
}
