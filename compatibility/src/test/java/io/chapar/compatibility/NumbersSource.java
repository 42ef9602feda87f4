package io.chapar.compatibility;

import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.apache.kafka.connect.source.SourceConnector;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// A source of Kafka Connect: of each series the numbers 0, 1, 2 and so on up to a limit, a few at a time. How far it
/// is stands in Connect's offsets alone, so that a number comes again or is left out exactly where those are wrong.
public final class NumbersSource extends SourceConnector {
    static final String TOPIC = "topic";
    static final String SERIES = "series";
    static final String LIMIT = "limit";
    private static final String PART = "part";
    private static final String PARTS = "parts";

    private Map<String, String> settings = Map.of();

    @Override
    public void start(Map<String, String> given) {
        settings = Map.copyOf(given);
    }

    @Override
    public Class<? extends Task> taskClass() {
        return NumbersTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int most) {
        int parts = Math.min(most, Integer.parseInt(settings.get(SERIES)));
        List<Map<String, String>> tasks = new ArrayList<>();
        for (int part = 0; part < parts; part++) {
            Map<String, String> one = new TreeMap<>(settings);
            one.put(PART, Integer.toString(part));
            one.put(PARTS, Integer.toString(parts));
            tasks.add(one);
        }
        return tasks;
    }

    @Override
    public void stop() {
        settings = Map.of();
    }

    @Override
    public ConfigDef config() {
        return new ConfigDef()
                .define(TOPIC, ConfigDef.Type.STRING, ConfigDef.Importance.HIGH, "where to")
                .define(SERIES, ConfigDef.Type.INT, ConfigDef.Importance.HIGH, "how many series")
                .define(LIMIT, ConfigDef.Type.INT, ConfigDef.Importance.HIGH, "numbers of each series");
    }

    @Override
    public String version() {
        return "1";
    }

    @Override
    public ExactlyOnceSupport exactlyOnceSupport(Map<String, String> given) {
        return ExactlyOnceSupport.SUPPORTED;
    }

    /// Every `parts`th series, from the `part`th on.
    public static final class NumbersTask extends SourceTask {
        private static final int AT_ONCE = 5;
        private static final long BETWEEN_MS = 20;

        private final Map<String, Integer> next = new TreeMap<>();
        private String topic = "";
        private int limit;

        @Override
        public void start(Map<String, String> given) {
            topic = given.get(TOPIC);
            limit = Integer.parseInt(given.get(LIMIT));
            int parts = Integer.parseInt(given.get(PARTS));
            IntStream.range(0, Integer.parseInt(given.get(SERIES)))
                    .filter(series -> series % parts == Integer.parseInt(given.get(PART)))
                    .forEach(series -> next.put(Integer.toString(series), begin(Integer.toString(series))));
        }

        private int begin(String series) {
            Map<String, Object> kept = context.offsetStorageReader().offset(Map.of(SERIES, series));
            return kept == null ? 0 : Math.toIntExact((Long) kept.get("next"));
        }

        @Override
        public List<SourceRecord> poll() throws InterruptedException {
            Thread.sleep(BETWEEN_MS);
            List<SourceRecord> numbers = new ArrayList<>();
            for (Map.Entry<String, Integer> series : next.entrySet()) {
                for (int i = 0; i < AT_ONCE && series.getValue() < limit; i++) {
                    int number = series.getValue();
                    series.setValue(number + 1);
                    numbers.add(new SourceRecord(Map.of(SERIES, series.getKey()), Map.of("next", number + 1L), topic,
                            Schema.STRING_SCHEMA, series.getKey(), Schema.STRING_SCHEMA, Integer.toString(number)));
                }
            }
            return numbers;
        }

        @Override
        public void stop() {
            next.clear();
        }

        @Override
        public String version() {
            return "1";
        }
    }
}
