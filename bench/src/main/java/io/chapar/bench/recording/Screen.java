package io.chapar.bench.recording;

import java.util.ArrayList;
import java.util.List;

/// What a program writes to a terminal, as the lines that stay there. A carriage return begins the line anew, so that
/// what was passing is gone in the end; colours and all other sequences of control are left out. Lines that are longer
/// than the terminal is wide are broken as it does.
final class Screen {
    private static final char ESCAPE = '\u001b';

    /// @param atMs when all of it was there
    record Line(String text, long atMs) {
    }

    private enum State { TEXT, ESCAPED, SEQUENCE }

    private final int columns;
    private final List<Line> lines = new ArrayList<>();
    private final StringBuilder line = new StringBuilder();
    private int cursor;
    private State state = State.TEXT;

    Screen(int columns) {
        this.columns = columns;
    }

    void take(String text, long atMs) {
        text.chars().forEach(each -> take((char) each, atMs));
    }

    private void take(char each, long atMs) {
        switch (state) {
            case TEXT -> put(each, atMs);
            case ESCAPED -> state = each == '[' ? State.SEQUENCE : State.TEXT;
            case SEQUENCE -> state = each >= '@' && each <= '~' ? State.TEXT : State.SEQUENCE;
        }
    }

    private void put(char each, long atMs) {
        switch (each) {
            case ESCAPE -> state = State.ESCAPED;
            case '\r' -> cursor = 0;
            case '\n' -> end(atMs);
            default -> {
                if (Character.isISOControl(each)) {
                    return;
                }
                if (cursor == columns) {
                    end(atMs);
                }
                if (cursor < line.length()) {
                    line.setCharAt(cursor, each);
                } else {
                    line.append(each);
                }
                cursor++;
            }
        }
    }

    private void end(long atMs) {
        lines.add(new Line(line.toString().stripTrailing(), atMs));
        line.setLength(0);
        cursor = 0;
    }

    /// All that has come to its end.
    List<Line> lines() {
        return List.copyOf(lines);
    }
}
