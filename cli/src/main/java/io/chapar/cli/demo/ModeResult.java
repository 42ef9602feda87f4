package io.chapar.cli.demo;

import org.jspecify.annotations.Nullable;

import java.util.Collections;

/// What the verifier found for one delivery mode, and what was done to the processes meanwhile.
///
/// @param output records that read_committed readers see
/// @param lost inputs without any output
/// @param duplicated outputs beyond the first of an input
/// @param wrong outputs that do not belong to any input or say something else than they should
/// @param invisible records that were written and rolled back
record ModeResult(String mode, Kills kills, long input, long output, long lost, long duplicated, long wrong,
        long invisible) {
    /// SIGKILLs that were sent, and how many of them struck while work was in flight.
    record Kills(int processor, int processorInFlight, int broker, int brokerInFlight) {
        /// Whether as many struck as were planned.
        boolean enough() {
            return processorInFlight >= Collections.frequency(ModeRun.PLAN, ModeRun.Victim.PROCESSOR)
                    && brokerInFlight >= Collections.frequency(ModeRun.PLAN, ModeRun.Victim.BROKER);
        }
    }

    /// Whether the mode kept what it promises.
    boolean kept() {
        return wrong == 0 && switch (mode) {
            case "AT_MOST_ONCE" -> duplicated == 0;
            case "AT_LEAST_ONCE" -> lost == 0;
            default -> lost == 0 && duplicated == 0 && output == input;
        };
    }

    /// The form in which the verifier hands its findings over.
    static String findings(long input, long output, long lost, long duplicated, long wrong, long invisible) {
        return "found " + input + ' ' + output + ' ' + lost + ' ' + duplicated + ' ' + wrong + ' ' + invisible;
    }

    /// Null when the line is not [#findings].
    static @Nullable ModeResult read(String line, String mode, Kills kills) {
        String[] words = line.split(" ");
        if (words.length != 7 || !words[0].equals("found")) {
            return null;
        }
        return new ModeResult(mode, kills, Long.parseLong(words[1]), Long.parseLong(words[2]),
                Long.parseLong(words[3]), Long.parseLong(words[4]), Long.parseLong(words[5]), Long.parseLong(words[6]));
    }
}
