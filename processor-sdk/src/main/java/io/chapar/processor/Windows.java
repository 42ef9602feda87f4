package io.chapar.processor;

/// How a stream is cut in time, where that does not hang on its records' values: [KeyedStream#windowedBy(Windows)].
public sealed interface Windows permits TimeWindows, SlidingWindows {
    /// A thousand years: sums of times do not overflow.
    long MAX_MS = 31_536_000_000_000L;

    /// Open for so long after their end.
    long graceMs();

    /// What a window's end is behind its start.
    default long lengthMs() {
        return switch (this) {
            case TimeWindows windows -> windows.sizeMs();
            case SlidingWindows windows -> windows.differenceMs();
        };
    }
}
