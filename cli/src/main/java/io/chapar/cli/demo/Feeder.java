package io.chapar.cli.demo;

import io.chapar.client.KafkaConfigNames;
import io.chapar.client.producer.Producer;
import io.chapar.client.producer.ProducerConfig;
import io.chapar.client.producer.ProducerRecord;
import io.chapar.client.producer.RecordMetadata;
import io.chapar.client.serde.Serdes;
import io.chapar.examples.flights.Flight;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/// Writes the flights to the input topic, keyed by their origin, and counts those that were acknowledged.
final class Feeder {
    private static final int SHOW_EVERY = 1_000;

    private Feeder() {
    }

    static long feed(String address, String topic, List<Flight> flights, Progress progress) {
        ProducerConfig config = ProducerConfig.from(Map.of(KafkaConfigNames.BOOTSTRAP_SERVERS, address));
        List<CompletableFuture<RecordMetadata>> sent = new ArrayList<>(flights.size());
        try (Producer<String, Flight> producer = Producer.open(config, Serdes.string(), Flight.serde())) {
            for (Flight flight : flights) {
                sent.add(producer.send(new ProducerRecord<>(topic, flight.origin(), flight)));
                if (sent.size() % SHOW_EVERY == 0) {
                    progress.passing(String.format(Locale.ROOT, "  %,d flights sent", sent.size()));
                }
            }
            producer.flush();
        }
        sent.forEach(CompletableFuture::join);
        return sent.size();
    }
}
