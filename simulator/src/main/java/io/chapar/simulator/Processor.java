package io.chapar.simulator;

import io.chapar.client.UsageException;
import io.chapar.client.serde.Serdes;
import io.chapar.processor.Delivery;
import io.chapar.processor.ErrorPolicy;
import io.chapar.processor.LoopProcessor;
import io.chapar.processor.ProcessorConfig;
import io.chapar.processor.Topology;
import org.jspecify.annotations.Nullable;

import java.util.random.RandomGenerator;

/// One instance of an application that turns each record of one topic into one record of another, exactly once: the
/// real processing cycle over the real clients. Several instances share the partitions, and move them when one comes,
/// goes, or is thought dead. There are records that its function cannot take, and some that it takes at the second
/// attempt; what becomes of them is the application's error policy, which the seed draws.
final class Processor extends Actor {
    static final String SEPARATOR = ">";
    static final String DEAD_LETTERS = "dead";
    private static final int KINDS = 7;
    private static final int MANY_RECORDS = 10_000;
    private static final int MOST_INTERVAL_MS = 4_000;

    /// What a record comes to.
    enum Lot { OUTPUT, DEAD_LETTER, NOTHING }

    static Lot lot(ErrorPolicy policy, String value) {
        if (Math.floorMod(value.hashCode(), KINDS) != 0) {
            return Lot.OUTPUT;
        }
        return switch (policy) {
            case ErrorPolicy.Stop stop -> Lot.OUTPUT;
            case ErrorPolicy.Skip skip -> Lot.NOTHING;
            case ErrorPolicy.DeadLetter letter -> Lot.DEAD_LETTER;
        };
    }

    /// The same for every instance.
    static ErrorPolicy policy(World world, String application) {
        RandomGenerator drawn = world.random("error policy of " + application);
        int retries = drawn.nextInt(3);
        return switch (drawn.nextInt(3)) {
            case 0 -> ErrorPolicy.stop();
            case 1 -> ErrorPolicy.skip(retries);
            default -> ErrorPolicy.deadLetter(DEAD_LETTERS, retries);
        };
    }

    private final ProcessorConfig config;
    private final Topology topology;
    private final String application;
    private final ErrorPolicy policy;
    /// What is to be taken at the next attempt; null for nothing.
    private @Nullable String refusedOnce;
    private final SimulatedCluster cluster;
    /// Null while none runs.
    private @Nullable LoopProcessor running;
    private long before;

    Processor(SimulatedClient client, SimulatedCluster cluster, Swarm swarm, String application, String from,
            String to) {
        super(client);
        this.application = application;
        policy = policy(client.world(), application);
        this.cluster = cluster;
        topology = Topology.from(from, Serdes.string(), Serdes.string())
                .mapValues(this::worked)
                .to(to, Serdes.string(), Serdes.string());
        ProcessorConfig.Builder builder = ProcessorConfig
                .builder(cluster.addresses(), application)
                .delivery(Delivery.EXACTLY_ONCE)
                .transactionTimeoutMs(swarm.transactionTimeoutMs())
                .sessionTimeoutMs(swarm.sessionTimeoutMs())
                .commitRecords(1 + random().nextInt(20))
                .onError(policy)
                .closeTimeoutMs(5_000);
        Settings.client(swarm, cluster, client.name()).forEach((name, value) -> {
            if (!name.equals("bootstrap.servers") && !name.equals("client.id")) {
                builder.consumer(name, value).producer(name, value);
            }
        });
        pace(builder, swarm);
        builder.producer("max.block.ms", swarm.requestTimeoutMs() * 3);
        builder.producer("delivery.timeout.ms", swarm.requestTimeoutMs() * 2);
        config = builder.build();
    }

    /// Some keep transactions open over many polls, so that partitions come and go meanwhile.
    private void pace(ProcessorConfig.Builder builder, Swarm swarm) {
        RandomGenerator pace = client().world().random("pace of " + name());
        if (pace.nextInt(3) == 0) {
            builder.commitRecords(MANY_RECORDS);
            builder.commitIntervalMs(Math.min(swarm.transactionTimeoutMs() / 2, MOST_INTERVAL_MS));
            // Whose batches do not fit into a segment gets nowhere, however often it tries.
            builder.producer("batch.size", Topics.SMALL_SEGMENT_BYTES / 2);
        }
    }

    private String worked(String value) {
        if (lot(policy, value) != Lot.OUTPUT) {
            throw new IllegalArgumentException("cannot be taken: " + value);
        }
        boolean moody = policy.retries() > 0 && Math.floorMod(value.hashCode(), KINDS) == 1;
        if (moody && !value.equals(refusedOnce)) {
            refusedOnce = value;
            throw new IllegalStateException("not at the first attempt: " + value);
        }
        refusedOnce = null;
        return value + SEPARATOR + application;
    }

    SimulatedCluster cluster() {
        return cluster;
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
        LoopProcessor begun = new LoopProcessor(config, topology, member, client().loop(),
                () -> client().runtime(io.chapar.client.ClientConfig.of(config.bootstrapServers(), member)),
                this::ended);
        running = begun;
        watch(begun);
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
        if (cause instanceof UsageException) {
            client().world().broken("A processor uses its clients as they are to be used", name() + ": " + cause);
        }
        running = null;
        if (isStopping()) {
            stopped();
        } else {
            later(50, 1_000, this::live);
        }
    }
}
