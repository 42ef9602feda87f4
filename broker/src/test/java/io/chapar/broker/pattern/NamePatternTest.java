package io.chapar.broker.pattern;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Random;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class NamePatternTest {
    @Test
    void namesAsUsersHaveThem() {
        NamePattern uuid = NamePattern.of("orders-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
        assertTrue(uuid.matches("orders-6ba7b810-9dad-11d1-80b4-00c04fd430c8"));
        assertFalse(uuid.matches("orders-6ba7b810-9dad-11d1-80b4-00c04fd430c"));
        assertTrue(NamePattern.of("app-.*-(\\d+|main)").matches("app-late-flights-17"));
        assertTrue(NamePattern.of("چاپار.").matches("چاپار😀"));
        assertTrue(NamePattern.of("\\Q[a]\\E|\\Aq\\z").matches("[a]"));
        assertTrue(NamePattern.of("(?i)ORDERS-[[:digit:]]{2}").matches("orders-17"));
        assertFalse(NamePattern.of("orders").matches("orders-17"), "whole names");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "(", ")", "a)", "[", "[a", "*", "+a", "a{1001}", "\\", "\\1", "(?=a)", "(?", "[z-a]"})
    void isNoSuchExpression(String text) {
        assertThrows(PatternFault.class, () -> NamePattern.of(text));
    }

    /// Java's matcher does not come back from these, and looks at no character meanwhile.
    @Test
    void noExpressionTakesLong() {
        NamePattern ways = NamePattern.of("(|)".repeat(300) + "x");
        assertFalse(ways.matches("a".repeat(300)));
        NamePattern again = NamePattern.of("((a*)*)*b");
        assertFalse(again.matches("a".repeat(30_000)));
        assertEquals(again.mostSteps(30_000), again.steps());
    }

    /// Some of them end a process of 512 MB where they are compiled.
    @ParameterizedTest
    @ValueSource(strings = {
        "((a{1000}){1000}){1000}", "(((){1000}){1000}){1000}", "(?:(?:(?:|){1000}){1000}){1000}",
        "(?:(?:){2147483647}){2147483647}", "((((((((a?){9}){9}){9}){9}){9}){9}){9}){9}", "((a{100}){100}){100,}",
        "((a{0,100}){0,100}){0,100}", "[ab]{1000}[ab]{1000}[ab]{1000}"})
    void tooLargeAnExpressionIsRefused(String text) {
        assertThrows(PatternFault.class, () -> NamePattern.of(text));
    }

    @Test
    void groupsWithinGroupsHaveAnEnd() {
        NamePattern deep = NamePattern.of("(".repeat(400) + "a" + ")".repeat(400));
        assertTrue(deep.matches("a"));
        assertThrows(PatternFault.class, () -> NamePattern.of("(".repeat(501) + ")".repeat(501)));
    }

    @Test
    void noTextEndsInAnotherFailure() {
        drawTexts(new Random(6), 20_000);
    }

    @Test
    @Tag("nightly")
    void noTextEndsInAnotherFailureForLong() {
        drawTexts(new Random(), 1_000_000);
    }

    private static void drawTexts(Random random, int texts) {
        String characters = "ab()[]{}|*+?^$\\.,-019:QEdz😀";
        for (int i = 0; i < texts; i++) {
            StringBuilder text = new StringBuilder();
            for (int k = random.nextInt(12); k > 0; k--) {
                text.append(characters.charAt(random.nextInt(characters.length())));
            }
            try {
                NamePattern.of(text.toString()).matches("ab0");
            } catch (PatternFault expected) {
                assertEquals(PatternFault.class, expected.getClass());
            }
        }
    }
}
