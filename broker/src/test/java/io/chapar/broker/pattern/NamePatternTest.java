package io.chapar.broker.pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.Random;
import java.util.regex.Pattern;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class NamePatternTest {
    private static final String[] ATOMS = {
        "a", "b", "c", "-", ".", "\\d", "\\W", "\\.", "[ab]", "[^a]", "[a-c1]", "[]b]", "[^\\d-]", "[a\\-c]", "()",
        "(?:)", "{", "a{x", "\\Qa.\\E"};
    private static final String[] TIMES = {"", "", "", "*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "{0}"};
    private static final String NAMES = "abc1-. ]{x";

    private static String expression(Random random, int depth) {
        StringBuilder all = new StringBuilder();
        for (int i = random.nextInt(4); i >= 0; i--) {
            int what = random.nextInt(depth > 0 ? 6 : 4);
            String one = switch (what) {
                case 4 -> "(" + expression(random, depth - 1) + ")" + TIMES[random.nextInt(TIMES.length)];
                case 5 -> "(?:" + expression(random, depth - 1) + "|" + expression(random, depth - 1) + ")"
                        + TIMES[random.nextInt(TIMES.length)];
                default -> {
                    String atom = ATOMS[random.nextInt(ATOMS.length)];
                    boolean plain = atom.startsWith("\\Q") || atom.contains("{");
                    yield atom + (plain ? "" : TIMES[random.nextInt(TIMES.length)]);
                }
            };
            all.append(one);
        }
        return all.toString();
    }

    /// Java takes a brace, and a bracket that begins a class, for themselves only where they are quoted.
    private static String asJavaHasIt(String expression) {
        return expression.replace("a{x", "a\\{x")
                .replaceAll("(?<!\\\\)\\{(?![0-9x])", "\\\\{")
                .replace("[]b]", "[\\]b]");
    }

    @Test
    void whatItKnowsMeansWhatItMeansToJava() {
        Random random = new Random(5);
        int matched = 0;
        for (int i = 0; i < 20_000; i++) {
            String expression = expression(random, 2);
            Pattern java = Pattern.compile(asJavaHasIt(expression));
            NamePattern ours = NamePattern.of(expression);
            for (int n = 0; n < 5; n++) {
                StringBuilder name = new StringBuilder();
                for (int k = random.nextInt(5); k > 0; k--) {
                    name.append(NAMES.charAt(random.nextInt(NAMES.length())));
                }
                boolean expected = java.matcher(name).matches();
                matched += expected ? 1 : 0;
                assertEquals(expected, ours.matches(name.toString()), expression + " with '" + name + "'");
            }
        }
        assertTrue(matched > 5_000, "most names match nothing: " + matched);
    }

    @Test
    void namesAsUsersHaveThem() {
        NamePattern uuid = NamePattern.of("orders-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
        assertTrue(uuid.matches("orders-6ba7b810-9dad-11d1-80b4-00c04fd430c8"));
        assertFalse(uuid.matches("orders-6ba7b810-9dad-11d1-80b4-00c04fd430c"));
        assertTrue(NamePattern.of("app-.*-(\\d+|main)").matches("app-late-flights-17"));
        assertTrue(NamePattern.of("چاپار.").matches("چاپار😀"));
        assertTrue(NamePattern.of("\\Q[a]\\E|\\Aq\\z").matches("[a]"));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "(", ")", "a)", "[", "[a", "*", "a**", "a*+", "+a", "a{3,1}", "a{1001}", "\\", "\\b", "\\1", "\\pL", "(?i)a",
        "(?=a)", "(?<n>a)", "(?", "[z-a]", "[[:alpha:]]", "[a-\\d]"})
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
        assertTrue(again.steps() <= again.mostSteps(30_000), () -> again.steps() + " steps");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "((a{1000}){1000}){1000}", "(((){1000}){1000}){1000}", "(?:(?:(?:|){1000}){1000}){1000}",
        "[ab]{1000}[ab]{1000}"})
    void tooLargeAnExpressionIsRefused(String text) {
        assertThrows(PatternFault.class, () -> NamePattern.of(text));
    }

    @Test
    void groupsWithinGroupsHaveAnEnd() {
        assertThrows(PatternFault.class, () -> NamePattern.of("(".repeat(500) + ")".repeat(500)));
    }

    @Test
    void noTextEndsInAnotherFailure() {
        Random random = new Random(6);
        String characters = "ab()[]{}|*+?^$\\.,-019:QEdz😀";
        for (int i = 0; i < 100_000; i++) {
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
