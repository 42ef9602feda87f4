package io.chapar.processor;

import io.chapar.client.ChaparException;

/// What is known of an input record of which an output was refused.
///
/// @param certain the refusal was the record's own doing. If not, the output was in a batch that was refused, perhaps
///        for another's; the record has to be tried alone
/// @param output the topic of what was refused last
/// @param kind of what was refused last
/// @param error why the record was given up, for people
record Refused(boolean certain, String output, DeadLetters.Kind kind, ChaparException cause, String error) {
    static Refused of(Refusal refusal, boolean certain) {
        SinkRecord output = refusal.output();
        String inLetter = DeadLetters.error(output);
        return new Refused(certain, output.topic(), DeadLetters.kind(output), refusal.cause(),
                inLetter != null ? inLetter : text(output.topic(), refusal.cause()));
    }

    String text() {
        return text(output, cause);
    }

    private static String text(String output, ChaparException cause) {
        return "a record for " + output + " was refused: " + cause.getMessage();
    }
}
