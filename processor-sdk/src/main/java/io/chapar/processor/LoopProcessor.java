package io.chapar.processor;

import io.chapar.client.UsageException;
import io.chapar.transport.ClientLoop;
import io.chapar.transport.ClientRuntime;

import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// One thread of an application without the thread: the same [CycleRunner] over the same clients, for a caller that
/// lives on a loop. Nothing blocks. User code runs on the loop.
public final class LoopProcessor {
    private final ProcessorConfig config;
    private final ClientLoop loop;
    private final Cycle cycle;
    private final CycleRunner runner;

    /// @param runtimes a runtime on `loop` for each client that is opened
    /// @param ended told once, with the cause or null
    public LoopProcessor(ProcessorConfig config, Topology topology, String memberName, ClientLoop loop,
            Supplier<ClientRuntime> runtimes, Consumer<Throwable> ended) {
        this.config = config;
        this.loop = loop;
        Plan plan = Plan.of(topology, config.applicationId(), config.onError());
        if (plan.stages().hasInternalTopics()) {
            throw new UsageException("Topics of the application's own (state, repartitions, retries) need a thread of"
                    + " its own: use ProcessorApp");
        }
        if (!plan.stages().globals().isEmpty()) {
            throw new UsageException("Global tables need a thread of their own: use ProcessorApp");
        }
        if (plan.stages().database() != null) {
            throw new UsageException("A database is waited for on a thread of its own: use ProcessorApp");
        }
        cycle = new Cycle(CycleSettings.of(config, false));
        long maxPollIntervalMs = ClientSettings.consumer(config, plan.stages(), memberName).maxPollIntervalMs();
        runner = new CycleRunner(cycle, new GroupSource(config, plan.stages(), memberName, runtimes.get(), loop),
                () -> LogSink.open(ClientSettings.producer(config, memberName,
                        config.delivery() == Delivery.EXACTLY_ONCE), Set.of(), runtimes.get(), loop),
                Changelogs.NONE, new PlanWork(plan, config.onError(), PlanWork.Pause.NONE, loop::wallClockMs), loop,
                new PollPace(maxPollIntervalMs, loop.nowMs()));
        loop.execute(() -> runner.run(() -> { }, ended));
    }

    /// Finish what was begun, and close.
    public void stop() {
        runner.stop(loop.nowMs() + config.closeTimeoutMs());
    }

    public long recordsIn() {
        return cycle.report().recordsIn();
    }

    public long commits() {
        return cycle.report().commits();
    }

    /// Records given up under the error policy, with or without a dead letter.
    public long skipped() {
        return cycle.report().skipped();
    }
}
