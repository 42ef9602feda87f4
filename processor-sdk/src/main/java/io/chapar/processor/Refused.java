package io.chapar.processor;

import io.chapar.client.ChaparException;
import org.jspecify.annotations.Nullable;

/// What is known of an input record of which an output was refused.
///
/// @param certain the refusal was the record's own doing. If not, the output was in a batch that was refused, perhaps
///        for another's; the record has to be tried alone
/// @param output the topic of what was refused last
/// @param kind of what was refused last
/// @param error why the record was given up, for people
/// @param rowAttempts how often the database has refused its rows; those may be taken later
record Refused(boolean certain, String output, DeadLetters.Kind kind, ChaparException cause, String error,
        int rowAttempts) {
    private static final String DATABASE = "the database";

    static Refused of(Refusal refusal, boolean certain) {
        SinkRecord output = refusal.output();
        if (output == null) {
            return new Refused(certain, DATABASE, DeadLetters.Kind.OUTPUT, refusal.cause(),
                    text(DATABASE, refusal.cause()), 1);
        }
        String inLetter = RetryTopics.isPutOff(output) ? RetryTopics.error(output) : DeadLetters.error(output);
        return new Refused(certain, output.topic(), DeadLetters.kind(output), refusal.cause(),
                inLetter != null ? inLetter : text(output.topic(), refusal.cause()), 0);
    }

    /// `before`: what was known until now.
    Refused after(@Nullable Refused before) {
        return rowAttempts == 0 || before == null ? this
                : new Refused(certain, output, kind, cause, error, rowAttempts + before.rowAttempts);
    }

    String text() {
        return text(output, cause);
    }

    private static String text(String output, ChaparException cause) {
        return "a record for " + output + " was refused: " + cause.getMessage();
    }
}
