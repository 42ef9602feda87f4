package io.chapar.cli;

import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.ApiKey;
import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Small pieces of sentences.
final class Words {
    private static final Pattern EXPLAINED_CODE = Pattern.compile(": [A-Z]+(?:_[A-Z]+)+, (?=\\S)");
    private static final Pattern CODE = Pattern.compile("\\b[A-Z]+(?:_[A-Z]+)+\\b");

    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}|[\\x{80}-\\x{9f}]");

    private static final List<String> BYTES = List.of("kB", "MB", "GB", "TB", "PB", "EB");

    private Words() {
    }

    /// What a client chose, for a terminal: control characters could move its cursor, or write what was never said.
    static String shown(String text) {
        return CONTROL.matcher(text).replaceAll("?");
    }

    /// `1 record`, `2 records`.
    static String count(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }

    /// `broker 4 is not in session`, `brokers 4 and 5 are not in session`.
    static String notInSession(Collection<Integer> brokers) {
        return (brokers.size() == 1 ? "broker " : "brokers ")
                + brokers.stream().map(String::valueOf).collect(Collectors.joining(" and "))
                + (brokers.size() == 1 ? " is not in session" : " are not in session");
    }

    /// `512 B`, `1.5 GB`: of 1000, as disks are sold.
    static String bytes(long bytes) {
        double left = bytes;
        String unit = "B";
        for (String larger : BYTES) {
            if (left < 1_000) {
                break;
            }
            left /= 1_000;
            unit = larger;
        }
        return unit.equals("B") ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", left, unit);
    }

    /// Names of error codes and APIs, in words: `UNKNOWN_TOPIC_ID` becomes `unknown topic id`. A code before the
    /// broker's own sentence goes: the sentence says more.
    static String withoutCodes(String sentence) {
        String said = EXPLAINED_CODE.matcher(sentence).replaceAll(": ");
        return CODE.matcher(said).replaceAll(found -> {
            String name = found.group();
            if (name.equals(ErrorCode.INVALID_TOPIC_EXCEPTION.name())) {
                return "this cannot be done with a topic of that name (a name has letters, digits, '.', '_' and '-'"
                        + " alone; the coordinators' own topics are written to by nobody else)";
            }
            boolean code = Arrays.stream(ErrorCode.values()).anyMatch(error -> error.name().equals(name));
            boolean api = Arrays.stream(ApiKey.values()).anyMatch(key -> key.name().equals(name));
            return code || api ? name.toLowerCase(Locale.ROOT).replace('_', ' ') : name;
        });
    }

    /// The candidate that the word may have been meant for; null when none is near.
    static @Nullable String nearest(String word, Iterable<String> candidates) {
        String best = null;
        int bestDistance = Math.max(1, word.length() / 3) + 1;
        for (String candidate : candidates) {
            int distance = candidate.startsWith(word) && word.length() > 1 ? 1 : distance(word, candidate);
            if (distance < bestDistance) {
                bestDistance = distance;
                best = candidate;
            }
        }
        return best;
    }

    /// Characters to add, drop, replace or swap with their neighbour.
    private static int distance(String from, String to) {
        int[][] cost = new int[from.length() + 1][to.length() + 1];
        for (int i = 0; i <= from.length(); i++) {
            for (int j = 0; j <= to.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                boolean same = from.charAt(i - 1) == to.charAt(j - 1);
                cost[i][j] = Math.min(cost[i - 1][j - 1] + (same ? 0 : 1),
                        1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
                if (i > 1 && j > 1 && from.charAt(i - 1) == to.charAt(j - 2)
                        && from.charAt(i - 2) == to.charAt(j - 1)) {
                    cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
                }
            }
        }
        return cost[from.length()][to.length()];
    }
}
