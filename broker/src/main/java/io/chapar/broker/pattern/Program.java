package io.chapar.broker.pattern;

import java.util.ArrayList;
import java.util.List;

import static java.util.Objects.requireNonNull;

/// An expression as a list of states; the last one is [Op#END].
final class Program {
    /// Repetitions count as often as they are written out.
    private static final int MAX_STATES = 2_000;
    /// What is written out to nothing takes its time too.
    private static final int MAX_PIECES = 10 * MAX_STATES;

    private final List<State> states = new ArrayList<>();
    private int pieces;

    enum Op { CHARACTER, GO, EITHER, AT_BEGIN, AT_END, END }

    /// @param target where [Op#GO], and the other way of [Op#EITHER], lead
    private record State(Op op, int target, Characters set) {}

    private Program() {}

    static Program of(Node expression) {
        Program program = new Program();
        program.write(expression);
        program.add(Op.END, Characters.NONE);
        return program;
    }

    int size() {
        return states.size();
    }

    Op op(int state) {
        return states.get(state).op();
    }

    int target(int state) {
        return states.get(state).target();
    }

    Characters set(int state) {
        return states.get(state).set();
    }

    private int add(Op op, Characters set) {
        if (states.size() >= MAX_STATES) {
            throw new PatternFault("the expression is too large");
        }
        states.add(new State(op, 0, set));
        return states.size() - 1;
    }

    /// The state leads to where the next one will be.
    private void leadHere(int state) {
        lead(state, states.size());
    }

    private void lead(int state, int target) {
        State known = requireNonNull(states.get(state), "written before");
        states.set(state, new State(known.op(), target, known.set()));
    }

    private void write(Node node) {
        if (++pieces > MAX_PIECES) {
            throw new PatternFault("the expression is too large");
        }
        switch (node) {
            case Node.One one -> add(Op.CHARACTER, one.of());
            case Node.Edge edge -> add(edge.atEnd() ? Op.AT_END : Op.AT_BEGIN, Characters.NONE);
            case Node.Row row -> row.parts().forEach(this::write);
            case Node.Choice choice -> write(choice);
            case Node.Repeated repeated -> write(repeated);
        }
    }

    private void write(Node.Choice choice) {
        List<Integer> ends = new ArrayList<>();
        for (Node way : choice.ways().subList(0, choice.ways().size() - 1)) {
            int either = add(Op.EITHER, Characters.NONE);
            write(way);
            ends.add(add(Op.GO, Characters.NONE));
            leadHere(either);
        }
        write(choice.ways().getLast());
        ends.forEach(this::leadHere);
    }

    private void write(Node.Repeated repeated) {
        for (int i = 0; i < repeated.least(); i++) {
            write(repeated.what());
        }
        if (repeated.most() == Node.ENDLESS) {
            int again = add(Op.EITHER, Characters.NONE);
            write(repeated.what());
            lead(add(Op.GO, Characters.NONE), again);
            leadHere(again);
            return;
        }
        List<Integer> ways = new ArrayList<>();
        for (int i = repeated.least(); i < repeated.most(); i++) {
            ways.add(add(Op.EITHER, Characters.NONE));
            write(repeated.what());
        }
        ways.forEach(this::leadHere);
    }
}
