package io.chapar.simulator;

import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.LoopProcessor;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.Topology;

/// One instance of an application that turns each record of one topic into one record of another, exactly once: the
/// real processing cycle over the real clients. Several instances share the partitions, and move them when one comes,
/// goes, or is thought dead.
final class Processor extends Actor {
    static final String SEPARATOR = ">";

    private final ProcessorConfig config;
    private final Topology topology;
    private final String application;
    private LoopProcessor running;
    private long before;

    Processor(SimulatedClient client, SimulatedBroker broker, Swarm swarm, String application, String from, String to) {
        super(client);
        this.application = application;
        topology = Topology.from(from, Serdes.string(), Serdes.string())
                .mapValues(value -> value + SEPARATOR + application)
                .to(to, Serdes.string(), Serdes.string());
        ProcessorConfig.Builder builder = ProcessorConfig
                .builder(broker.name() + ":" + SimulatedBroker.PORT, application)
                .delivery(Delivery.EXACTLY_ONCE)
                .transactionTimeoutMs(swarm.transactionTimeoutMs())
                .sessionTimeoutMs(swarm.sessionTimeoutMs())
                .commitRecords(1 + random().nextInt(20))
                .closeTimeoutMs(5_000);
        Settings.client(swarm, broker, client.name()).forEach((name, value) -> {
            if (!name.equals("bootstrap.servers") && !name.equals("client.id")) {
                builder.consumer(name, value).producer(name, value);
            }
        });
        builder.producer("max.block.ms", swarm.requestTimeoutMs() * 3);
        builder.producer("delivery.timeout.ms", swarm.requestTimeoutMs() * 2);
        config = builder.build();
    }

    @Override
    void live() {
        if (isStopping()) {
            stopped();
            return;
        }
        // Each start has a name of its own, as that of an application that was given none.
        String member = application + "-" + client().name() + "-" + client().lives() + "-"
                + random().nextInt(1_000_000);
        before = 0;
        running = new LoopProcessor(config, topology, member, client().loop(),
                () -> client().runtime(io.chapar.client.ClientConfig.of(config.bootstrapServers(), member)),
                this::ended);
        watch(running);
    }

    private void watch(LoopProcessor processor) {
        later(100, 200, () -> {
            if (processor != running) {
                return;
            }
            if (processor.commits() > before) {
                before = processor.commits();
                succeeded();
            }
            if (isStopping()) {
                processor.stop();
            } else {
                watch(processor);
            }
        });
    }

    private void ended(Throwable cause) {
        note("ended: " + cause);
        running = null;
        if (isStopping()) {
            stopped();
        } else {
            later(50, 1_000, this::live);
        }
    }
}
