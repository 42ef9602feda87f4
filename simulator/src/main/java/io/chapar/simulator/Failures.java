package io.chapar.simulator;

/// Exceptions in one line.
final class Failures {
    private static final int FRAMES = 6;

    private Failures() {}

    static String text(String where, Throwable cause) {
        StringBuilder text = new StringBuilder(where).append(" met ").append(cause);
        StackTraceElement[] stack = cause.getStackTrace();
        for (int i = 0; i < Math.min(FRAMES, stack.length); i++) {
            text.append(i == 0 ? " at " : " < ").append(stack[i].getFileName()).append(':')
                    .append(stack[i].getLineNumber());
        }
        return cause.getCause() == null ? text.toString() : text + "; " + text("it", cause.getCause());
    }
}
