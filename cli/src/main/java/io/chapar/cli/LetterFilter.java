package io.chapar.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// Which dead letters of a topic are meant: those that fit all that is said.
final class LetterFilter {
    private static final Pattern PLACE = Pattern.compile("[0-9]{1,9}@[0-9]{1,18}");

    @Parameters(index = "0", paramLabel = "TOPIC", description = "The dead letter topic.")
    String topic;

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "PARTITION@OFFSET",
        description = "These letters alone, as 'dlq show' names them.")
    List<String> places = List.of();

    @Option(names = "--origin", paramLabel = "TOPIC", description = "Only letters of records of this input topic.")
    @Nullable String origin;

    @Option(names = "--error", paramLabel = "REGEX", description = "Only letters in whose error this is found.")
    @Nullable String error;

    private Set<String> named = Set.of();
    private @Nullable Pattern pattern;

    /// What is wrong with it; null when nothing is.
    @Nullable String problem() {
        for (String place : places) {
            if (!PLACE.matcher(place).matches()) {
                return "A letter is named as PARTITION@OFFSET, not '" + place + "'.";
            }
        }
        named = new LinkedHashSet<>(places);
        try {
            pattern = error == null ? null : Pattern.compile(error);
        } catch (PatternSyntaxException e) {
            return "--error is a regular expression, not '" + error + "'.";
        }
        return null;
    }

    boolean takes(DeadLetter letter) {
        return (named.isEmpty() || named.contains(letter.place()))
                && (origin == null || origin.equals(letter.origin().topic()))
                && (pattern == null || pattern.matcher(letter.error()).find());
    }
}
