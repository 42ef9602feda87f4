package io.chapar.cli;

/// Small pieces of sentences.
final class Words {
    private Words() {
    }

    /// `1 record`, `2 records`.
    static String count(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }
}
