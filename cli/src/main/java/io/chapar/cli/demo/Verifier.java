package io.chapar.cli.demo;

import io.chapar.client.KafkaConfigNames;
import io.chapar.client.consumer.Consumer;
import io.chapar.client.consumer.ConsumerConfig;
import io.chapar.client.consumer.ConsumerRecord;
import io.chapar.client.serde.Serde;
import io.chapar.client.serde.Serdes;
import io.chapar.examples.flights.Arrival;
import io.chapar.examples.flights.Flight;
import io.chapar.protocol.TopicPartition;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import static java.util.Objects.requireNonNull;

/// Looks for every input in the outputs by its id: `Verifier ADDRESS INPUT LATE PUNCTUAL`, topics. Reads each topic
/// from its first record to its end and prints [ModeResult#findings].
final class Verifier {
    private static final Duration POLL = Duration.ofMillis(200);
    /// Nobody writes any more, so nothing is gained by waiting at an end.
    private static final int FETCH_WAIT_MS = 10;

    private final String address;

    private Verifier(String address) {
        this.address = address;
    }

    public static void main(String[] args) {
        Verifier verifier = new Verifier(args[0]);
        System.out.println(verifier.findings(args[1], args[2], args[3]));
    }

    private String findings(String inputTopic, String lateTopic, String punctualTopic) {
        Map<String, Arrival> expected = new LinkedHashMap<>();
        Map<String, Integer> seen = new LinkedHashMap<>();
        long repeatedInputs = 0;
        for (Flight flight : read(inputTopic, Flight.serde(), "read_committed")) {
            repeatedInputs += expected.put(flight.id(), Arrival.of(flight)) == null ? 0 : 1;
            seen.put(flight.id(), 0);
        }
        if (repeatedInputs > 0) {
            throw new IllegalStateException(repeatedInputs + " flights are in the input more than once");
        }
        long output = 0;
        long wrong = 0;
        long all = 0;
        for (String topic : List.of(lateTopic, punctualTopic)) {
            for (Arrival arrival : read(topic, Arrival.serde(), "read_committed")) {
                output++;
                boolean right = arrival.equals(expected.get(arrival.flightId()))
                        && arrival.isLate() == topic.equals(lateTopic);
                wrong += right ? 0 : 1;
                seen.computeIfPresent(arrival.flightId(), (id, count) -> count + 1);
            }
            all += read(topic, Serdes.bytes(), "read_uncommitted").size();
        }
        long lost = seen.values().stream().filter(count -> count == 0).count();
        long duplicated = seen.values().stream().mapToLong(count -> Math.max(0, count - 1)).sum();
        return ModeResult.findings(expected.size(), output, lost, duplicated, wrong, all - output);
    }

    private <T> List<T> read(String topic, Serde<T> serde, String isolation) {
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put(KafkaConfigNames.BOOTSTRAP_SERVERS, address);
        settings.put(KafkaConfigNames.ISOLATION_LEVEL, isolation);
        settings.put(KafkaConfigNames.FETCH_MAX_WAIT_MS, FETCH_WAIT_MS);
        List<T> values = new ArrayList<>();
        try (Consumer<byte[], T> consumer =
                Consumer.open(ConsumerConfig.from(settings), Serdes.bytes(), serde)) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (int partition = 0; partition < Demo.PARTITIONS; partition++) {
                partitions.add(new TopicPartition(topic, partition));
            }
            consumer.assign(partitions);
            consumer.beginningOffsets(partitions).forEach(consumer::seek);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(partition ->
                    consumer.position(partition) < requireNonNull(ends.get(partition), "asked for"))) {
                for (ConsumerRecord<byte[], T> record : consumer.poll(POLL)) {
                    values.add(record.value());
                }
            }
        }
        return values;
    }
}
