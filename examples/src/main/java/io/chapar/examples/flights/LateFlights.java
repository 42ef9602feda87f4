package io.chapar.examples.flights;

import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.Topology;

/// The smallest useful processor: picks the late flights out of all. The README shows the part between the marks.
public final class LateFlights {
    private LateFlights() {
    }

    // readme: begin
    /// Lines `id,departure,delay,...` of topic `flights` go in; `id is 42 minutes late` goes to topic `late`.
    static Topology topology() {
        return Topology.from("flights", Serdes.string(), Serdes.string())
                .mapValues(line -> line.split(","))
                .filter(flight -> Integer.parseInt(flight.value()[2]) >= 15)
                .mapValues(flight -> flight[0] + " is " + flight[2] + " minutes late")
                .to("late", Serdes.string(), Serdes.string());
    }

    public static void main(String[] args) throws InterruptedException {
        ProcessorConfig config = ProcessorConfig.builder("127.0.0.1:9092", "late-flights")
                .delivery(Delivery.EXACTLY_ONCE) // or AT_LEAST_ONCE, or AT_MOST_ONCE
                .build();
        try (ProcessorApp app = ProcessorApp.start(config, topology())) {
            Runtime.getRuntime().addShutdownHook(new Thread(app::close));
            app.awaitStopped();
        }
    }
    // readme: end
}
