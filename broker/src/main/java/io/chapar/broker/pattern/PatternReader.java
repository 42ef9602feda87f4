package io.chapar.broker.pattern;

import java.util.ArrayList;
import java.util.List;

/// Reads an expression from left to right.
final class PatternReader {
    /// As in RE2.
    private static final int MOST_TIMES = 1000;
    private static final int DEEPEST = 200;

    private final String text;
    private int at;
    private int depth;

    PatternReader(String text) {
        this.text = text;
    }

    Node read() {
        Node all = choice();
        if (at < text.length()) {
            throw new PatternFault("a ')' without '('");
        }
        return all;
    }

    private boolean atEnd() {
        return at == text.length();
    }

    private boolean take(String piece) {
        boolean there = text.startsWith(piece, at);
        at += there ? piece.length() : 0;
        return there;
    }

    private int character() {
        if (atEnd()) {
            throw new PatternFault("the expression ends too early");
        }
        int character = text.codePointAt(at);
        at += Character.charCount(character);
        return character;
    }

    private Node choice() {
        List<Node> ways = new ArrayList<>();
        do {
            ways.add(row());
        } while (take("|"));
        return ways.size() == 1 ? ways.getFirst() : new Node.Choice(ways);
    }

    private Node row() {
        List<Node> parts = new ArrayList<>();
        while (!atEnd() && text.charAt(at) != '|' && text.charAt(at) != ')') {
            if (take("\\Q")) {
                literal(parts);
            } else {
                parts.add(repeated(one()));
            }
        }
        return new Node.Row(parts);
    }

    private void literal(List<Node> parts) {
        while (!atEnd() && !take("\\E")) {
            parts.add(one(character()));
        }
    }

    private static Node one(int character) {
        return new Node.One(Characters.range(character, character));
    }

    private Node one() {
        int character = character();
        return switch (character) {
            case '(' -> group();
            case '[' -> new Node.One(set());
            case '.' -> new Node.One(Characters.BUT_LINE_FEEDS);
            case '^' -> new Node.Edge(false);
            case '$' -> new Node.Edge(true);
            case '\\' -> take("A") ? new Node.Edge(false) : take("z") ? new Node.Edge(true) : new Node.One(escaped());
            case '*', '+', '?' -> throw new PatternFault("nothing to repeat");
            default -> one(character);
        };
    }

    private Node group() {
        if (!take("?:") && take("?")) {
            throw new PatternFault("groups with '?' other than '(?:' are not known");
        }
        if (++depth > DEEPEST) {
            throw new PatternFault("groups within groups within groups");
        }
        Node inside = choice();
        depth--;
        if (!take(")")) {
            throw new PatternFault("a '(' without ')'");
        }
        return inside;
    }

    private Node repeated(Node what) {
        int before = at;
        Node all;
        if (take("*")) {
            all = new Node.Repeated(what, 0, Node.ENDLESS);
        } else if (take("+")) {
            all = new Node.Repeated(what, 1, Node.ENDLESS);
        } else if (take("?")) {
            all = new Node.Repeated(what, 0, 1);
        } else {
            all = times(what);
        }
        if (at > before) {
            // Whether as few as possible or as many makes no difference to whole names.
            take("?");
            if (!atEnd() && "*+?".indexOf(text.charAt(at)) >= 0) {
                throw new PatternFault("what is repeated cannot be repeated without a group");
            }
        }
        return all;
    }

    /// `{n}`, `{n,}` or `{n,m}`; another brace stands for itself.
    private Node times(Node what) {
        int begin = at;
        if (!take("{")) {
            return what;
        }
        int least = number();
        boolean open = take(",");
        int most = open ? number() : least;
        boolean endless = open && most < 0;
        if (least < 0 || !take("}")) {
            at = begin;
            return what;
        }
        if (least > MOST_TIMES || most > MOST_TIMES || (!endless && most < least)) {
            throw new PatternFault("a wrong number of repetitions");
        }
        return new Node.Repeated(what, least, endless ? Node.ENDLESS : most);
    }

    /// -1 where there is none; more than allowed where it is too large.
    private int number() {
        int value = -1;
        while (!atEnd() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            value = Math.min(MOST_TIMES + 1, 10 * Math.max(0, value) + text.charAt(at++) - '0');
        }
        return value;
    }

    private Characters set() {
        boolean others = take("^");
        Characters all = Characters.NONE;
        boolean first = true;
        while (first || !take("]")) {
            if (text.startsWith("[:", at)) {
                throw new PatternFault("classes by name are not known");
            }
            Characters next = item();
            if (next.isOne() && isRange()) {
                at++;
                Characters last = item();
                if (!last.isOne() || last.first() < next.first()) {
                    throw new PatternFault("a range that ends before it begins");
                }
                next = Characters.range(next.first(), last.first());
            }
            all = all.and(next);
            first = false;
        }
        return others ? all.others() : all;
    }

    private boolean isRange() {
        return at + 1 < text.length() && text.charAt(at) == '-' && text.charAt(at + 1) != ']';
    }

    private Characters item() {
        int character = character();
        return character == '\\' ? escaped() : Characters.range(character, character);
    }

    private Characters escaped() {
        int character = character();
        return switch (character) {
            case 'd' -> Characters.DIGITS;
            case 'D' -> Characters.DIGITS.others();
            case 'w' -> Characters.OF_WORDS;
            case 'W' -> Characters.OF_WORDS.others();
            case 's' -> Characters.SPACES;
            case 'S' -> Characters.SPACES.others();
            case 't' -> Characters.range('\t', '\t');
            case 'n' -> Characters.range('\n', '\n');
            case 'r' -> Characters.range('\r', '\r');
            default -> {
                if (Characters.OF_WORDS.contains(character) || character > 127) {
                    throw new PatternFault("'\\" + Character.toString(character) + "' is not known");
                }
                yield Characters.range(character, character);
            }
        };
    }
}
