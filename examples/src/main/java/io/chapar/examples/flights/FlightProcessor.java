package io.chapar.examples.flights;

import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.ProcessorApp;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.ProcessorException;
import io.chapar.processor.Stream;
import io.chapar.processor.Topology;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// Says of each flight whether it was late, and writes it to the topic of late flights or to that of punctual ones: one
/// output for each input, so that with the ids anybody can count what was lost and what was written twice.
///
/// `FlightProcessor ADDRESS DELIVERY APPLICATION INPUT LATE PUNCTUAL WORK-MICROS` runs until SIGTERM, prints
/// `taken N` while it works, and ends with exit code 1 and one sentence when it cannot go on. WORK-MICROS is how long
/// each flight takes, as if another system were asked about it.
public final class FlightProcessor {
    private static final int SHOW_EVERY = 20;
    /// The same in every mode, so that they can be compared.
    private static final int COMMIT_INTERVAL_MS = 100;
    /// A restart under the same name takes over at once what a killed predecessor left.
    private static final String INSTANCE = "1";

    private FlightProcessor() {
    }

    public static Topology topology(String input, String late, String punctual) {
        return outputs(Topology.from(input, Serdes.string(), Flight.serde()), late, punctual);
    }

    /// The same, with some work for each flight, and a count of those that were taken up.
    private static Topology slowTopology(String input, String late, String punctual, Duration work) {
        AtomicLong taken = new AtomicLong();
        Stream<String, Flight> flights = Topology.from(input, Serdes.string(), Flight.serde()).peek(flight -> {
            LockSupport.parkNanos(work.toNanos());
            long count = taken.incrementAndGet();
            if (count % SHOW_EVERY == 0) {
                System.out.println("taken " + count);
            }
        });
        return outputs(flights, late, punctual);
    }

    private static Topology outputs(Stream<String, Flight> flights, String late, String punctual) {
        return flights.map(flight -> flight.with(flight.value().id(), Arrival.of(flight.value())))
                .to(arrival -> arrival.value().isLate() ? late : punctual, Serdes.string(), Arrival.serde());
    }

    public static void main(String[] args) {
        ProcessorConfig config = ProcessorConfig.builder(args[0], args[2])
                .delivery(Delivery.valueOf(args[1]))
                .instanceName(INSTANCE)
                .commitIntervalMs(COMMIT_INTERVAL_MS)
                .build();
        Duration work = Duration.ofNanos(Long.parseLong(args[6]) * 1_000);
        Topology topology = slowTopology(args[3], args[4], args[5], work);
        ProcessorApp app = ProcessorApp.start(config, topology);
        // A clean stop is a success, whatever code the signal would have given.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            app.close();
            Runtime.getRuntime().halt(0);
        }, "stop-processor"));
        try {
            app.awaitStopped();
        } catch (ProcessorException e) {
            System.err.println("The processor cannot go on: " + e.getMessage());
            Runtime.getRuntime().halt(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
