package io.chapar.broker.config;

import org.jspecify.annotations.Nullable;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

import static java.util.Objects.requireNonNull;

/// What becomes of the settings that Kafka has and this broker does not serve by the same name: another way to say one
/// that is served, or accepted without effect, or refused because to ignore it would break a promise.
public final class KafkaSettings {
    private static final String TABLE = "kafka-settings.txt";
    private static final String WITHOUT_EFFECT = "without effect: ";
    private static final String REFUSED = "refused: ";
    private static final String ONE_ADDRESS = "one address";

    /// @param harmless the values that mean what is the case anyway
    private record Unserved(boolean refused, String reason, List<String> harmless) {
        boolean isHarmless(String value) {
            return harmless.contains(value) || (harmless.contains(ONE_ADDRESS) && value.indexOf(',') < 0);
        }
    }

    /// Another way to say a setting. One that is stated further up hides those below it.
    private record Synonym(String name, String served, UnaryOperator<String> translation) {}

    private static final List<Synonym> SYNONYMS = List.of(
            new Synonym("broker.id", "node.id", UnaryOperator.identity()),
            new Synonym("log.dir", "log.dirs", UnaryOperator.identity()),
            new Synonym("log.retention.minutes", "log.retention.ms", value -> inMs(value, TimeUnit.MINUTES)),
            new Synonym("log.retention.hours", "log.retention.ms", value -> inMs(value, TimeUnit.HOURS)),
            new Synonym("log.roll.hours", "log.roll.ms", value -> inMs(value, TimeUnit.HOURS)));

    /// What other settings say of listeners is said in the listeners themselves.
    private static final String CONTROLLERS = "controller.listener.names";
    private static final String PROTOCOLS = "listener.security.protocol.map";
    private static final Set<String> OF_LISTENERS = Set.of(CONTROLLERS, PROTOCOLS);

    /// Read when a setting is stated that is not served, not before.
    private static final class Table {
        static final Map<String, Unserved> UNSERVED = read();
    }

    private KafkaSettings() {
    }

    /// The settings, in the names that are served; those without effect are gone.
    static SortedMap<String, String> served(Map<String, String> stated) {
        TreeMap<String, String> served = new TreeMap<>(stated);
        SYNONYMS.forEach(synonym -> {
            String value = served.remove(synonym.name());
            if (value != null) {
                served.putIfAbsent(synonym.served(), synonym.translation().apply(value.strip()));
            }
        });
        for (String name : List.of("listeners", "advertised.listeners")) {
            served.computeIfPresent(name, (_, value) ->
                    forClients(value, served.getOrDefault(CONTROLLERS, ""), served.getOrDefault(PROTOCOLS, "")));
        }
        served.keySet().removeIf(name -> OF_LISTENERS.contains(name)
                || (BrokerConfig.setting(name) == null && Table.UNSERVED.containsKey(name)));
        return served;
    }

    /// What is wrong with a setting that is not served by its name, as a sentence; null when it can be taken.
    static @Nullable String problem(String name, String value) {
        for (Synonym synonym : SYNONYMS) {
            if (synonym.name().equals(name)) {
                String problem = requireNonNull(BrokerConfig.setting(synonym.served()), synonym.served()).check()
                        .problem(synonym.translation().apply(value.strip()));
                return problem == null ? null : name + " " + problem + ".";
            }
        }
        if (OF_LISTENERS.contains(name)) {
            return null;
        }
        Unserved unserved = Table.UNSERVED.get(name);
        if (unserved == null) {
            return unknown(name);
        }
        if (!unserved.refused() || unserved.isHarmless(value.strip())) {
            return null;
        }
        return name + " is not served: " + unserved.reason() + ". Leave it out"
                + (unserved.harmless().stream().allMatch(String::isEmpty) ? "." : ", or say "
                        + String.join(" or ", unserved.harmless()) + ".");
    }

    private static String unknown(String name) {
        List<String> known = new ArrayList<>();
        BrokerConfig.all().forEach(setting -> known.add(setting.name()));
        SYNONYMS.forEach(synonym -> known.add(synonym.name()));
        return "There is no setting '" + name + "'" + SettingTypes.suggestion(name, known);
    }

    static boolean isWithoutEffect(String name) {
        Unserved unserved = BrokerConfig.setting(name) == null ? Table.UNSERVED.get(name) : null;
        return unserved != null && !unserved.refused();
    }

    /// Why a setting that is not served cannot be stated while brokers run, as a sentence.
    static String unservedWhileRunning(String name) {
        for (Synonym synonym : SYNONYMS) {
            if (synonym.name().equals(name)) {
                return name + " can be stated where a broker is started alone; while it runs say it as "
                        + synonym.served() + ".";
            }
        }
        Unserved unserved = Table.UNSERVED.get(name);
        if (unserved != null) {
            return name + " is not served: " + unserved.reason() + ".";
        }
        return OF_LISTENERS.contains(name) ? name + " cannot change while a broker runs." : unknown(name);
    }

    /// Those of the settings that do nothing here: for each reason, their names.
    public static Map<String, List<String>> withoutEffect(Collection<String> stated) {
        Map<String, List<String>> reasons = new LinkedHashMap<>();
        for (String name : stated) {
            Unserved unserved = BrokerConfig.setting(name) == null ? Table.UNSERVED.get(name) : null;
            if (unserved != null && !unserved.refused()) {
                reasons.computeIfAbsent(unserved.reason(), _ -> new ArrayList<>()).add(name);
            }
        }
        return reasons;
    }

    /// Two layers of settings as one: what the upper one states hides what the lower one says of the same thing, by
    /// whatever name.
    public static Map<String, String> over(Map<String, String> lower, Map<String, String> upper) {
        TreeMap<String, String> both = new TreeMap<>(lower);
        upper.keySet().forEach(name -> both.keySet().removeIf(other -> servedName(other).equals(servedName(name))));
        both.putAll(upper);
        return both;
    }

    private static String servedName(String name) {
        return SYNONYMS.stream().filter(synonym -> synonym.name().equals(name)).map(Synonym::served).findFirst()
                .orElse(name);
    }

    /// Text that is no number stays as it is, and is refused as such.
    private static String inMs(String value, TimeUnit unit) {
        try {
            long number = Long.parseLong(value);
            return Long.toString(number < 0 ? number : unit.toMillis(number));
        } catch (NumberFormatException notANumber) {
            return value;
        }
    }

    /// Without the listeners of controllers, and with the protocols in place of the names.
    private static String forClients(String listeners, String controllers, String protocols) {
        List<String> ofControllers = words(controllers);
        List<String> kept = new ArrayList<>();
        for (String listener : words(listeners)) {
            int scheme = listener.indexOf("://");
            String name = scheme < 0 ? "" : listener.substring(0, scheme);
            if (!ofControllers.contains(name)) {
                kept.add(scheme < 0 ? listener : protocol(name, protocols) + listener.substring(scheme));
            }
        }
        return kept.isEmpty() ? listeners : String.join(",", kept);
    }

    private static String protocol(String name, String protocols) {
        return words(protocols).stream().filter(pair -> pair.startsWith(name + ":"))
                .map(pair -> pair.substring(name.length() + 1).strip()).findFirst().orElse(name);
    }

    private static List<String> words(String list) {
        List<String> words = new ArrayList<>();
        for (String word : list.split(",", -1)) {
            if (!word.isBlank()) {
                words.add(word.strip());
            }
        }
        return words;
    }

    private static Map<String, Unserved> read() {
        Map<String, Unserved> all = new LinkedHashMap<>();
        try (InputStream bytes = KafkaSettings.class.getResourceAsStream(TABLE);
                BufferedReader lines = new BufferedReader(new InputStreamReader(bytes, StandardCharsets.UTF_8))) {
            boolean refused = false;
            String reason = "";
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith(WITHOUT_EFFECT) || line.startsWith(REFUSED)) {
                    refused = line.startsWith(REFUSED);
                    reason = line.substring((refused ? REFUSED : WITHOUT_EFFECT).length());
                } else if (!line.isBlank() && !line.startsWith("#")) {
                    int at = line.indexOf('=');
                    String name = at < 0 ? line : line.substring(0, at).strip();
                    String harmless = at < 0 ? "" : line.substring(at + 1).strip();
                    all.put(name, new Unserved(refused, reason, List.of(harmless.split("\\|", -1))));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all;
    }
}
