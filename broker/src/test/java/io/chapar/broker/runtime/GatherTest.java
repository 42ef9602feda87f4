package io.chapar.broker.runtime;

import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class GatherTest {
    private final ManualLoop loop = new ManualLoop();
    private final Map<Integer, Consumer<String>> asked = new TreeMap<>();
    private final List<List<String>> done = new ArrayList<>();

    private void ask(int questions, int atOnce) {
        Gather.all(loop, IntStream.range(0, questions).boxed().toList(), atOnce, asked::put, done::add);
        loop.runAll();
    }

    private void answer(int question) {
        asked.get(question).accept("to " + question);
        loop.runAll();
    }

    @Test
    void oneThatIsNotAnsweredKeepsNoOtherFromBeingAsked() {
        ask(4, 2);
        assertEquals(List.of(0, 1), List.copyOf(asked.keySet()));
        answer(1);
        answer(2);
        answer(3);
        assertEquals(List.of(), done);
        answer(0);
        assertEquals(List.of(List.of("to 0", "to 1", "to 2", "to 3")), done);
    }

    @Test
    void manyThatAreAnsweredAtOnceAreOneAfterTheOther() {
        List<Integer> all = IntStream.range(0, 100_000).boxed().toList();
        List<List<Integer>> same = new ArrayList<>();
        Gather.<Integer, Integer>all(loop, all, 7, (question, answer) -> answer.accept(question), same::add);
        loop.runAll();
        assertEquals(List.of(all), same);
    }

    @Test
    void nothingIsAnsweredAtOnce() {
        ask(0, 1);
        assertEquals(List.of(List.of()), done);
    }
}
