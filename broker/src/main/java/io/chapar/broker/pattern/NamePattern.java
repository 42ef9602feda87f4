package io.chapar.broker.pattern;

/// A regular expression over whole names, in the part of RE2's syntax that names have use for: `.`, classes, groups,
/// `|`, `* + ? {n,m}`, `^ $ \A \z`, `\d \w \s` and their opposites, `\Q...\E`. Not so flags, `\b` and classes by name.
///
/// All ways through the expression are followed side by side, so that one character of a name costs at most as many
/// steps as the expression has states, whoever wrote it: there is nothing to go back to. `java.util.regex` goes back,
/// and a counter in its input does not stop it, since groups that may be empty are tried again and again without a look
/// at the input.
///
/// Not for two loops at once.
public final class NamePattern {
    private final Program program;
    /// The states that are to look at the next character.
    private States now;
    private States next;
    private long steps;

    private NamePattern(Program program) {
        this.program = program;
        this.now = new States(program.size());
        this.next = new States(program.size());
    }

    /// Throws [PatternFault] where that is no such expression, or one of too many states.
    public static NamePattern of(String expression) {
        return new NamePattern(Program.of(new PatternReader(expression).read()));
    }

    /// The most steps that a name of this length can take.
    public long mostSteps(int length) {
        return (length + 1L) * program.size();
    }

    /// That all names so far have taken.
    public long steps() {
        return steps;
    }

    public boolean matches(String name) {
        now.clear();
        follow(now, 0, name, 0);
        for (int at = 0; at < name.length() && now.count > 0; ) {
            int character = name.codePointAt(at);
            int behind = at + Character.charCount(character);
            next.clear();
            steps += now.count;
            for (int i = 0; i < now.count; i++) {
                int state = now.list[i];
                if (program.op(state) == Program.Op.CHARACTER && program.set(state).contains(character)) {
                    follow(next, state + 1, name, behind);
                }
            }
            States before = now;
            now = next;
            next = before;
            at = behind;
        }
        return now.contains(program.size() - 1);
    }

    /// Adds the states that can be reached without a character.
    private void follow(States states, int from, String name, int at) {
        int pending = 0;
        int[] stack = states.stack;
        if (states.add(from)) {
            stack[pending++] = from;
        }
        while (pending > 0) {
            int state = stack[--pending];
            switch (program.op(state)) {
                case CHARACTER, END -> { }
                case GO -> pending = push(states, program.target(state), pending);
                case EITHER -> pending = push(states, program.target(state), push(states, state + 1, pending));
                case AT_BEGIN -> pending = at == 0 ? push(states, state + 1, pending) : pending;
                case AT_END -> pending = at == name.length() ? push(states, state + 1, pending) : pending;
            }
        }
    }

    private static int push(States states, int state, int pending) {
        if (!states.add(state)) {
            return pending;
        }
        states.stack[pending] = state;
        return pending + 1;
    }

    /// A set of states that is emptied at no cost.
    private static final class States {
        private final int[] list;
        private final int[] place;
        private final int[] stack;
        private int count;

        States(int size) {
            list = new int[size];
            place = new int[size];
            stack = new int[size];
        }

        void clear() {
            count = 0;
        }

        boolean contains(int state) {
            return place[state] < count && list[place[state]] == state;
        }

        boolean add(int state) {
            if (contains(state)) {
                return false;
            }
            place[state] = count;
            list[count++] = state;
            return true;
        }
    }
}
