package io.chapar.bench;

import org.jspecify.annotations.Nullable;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;

/// One fresh start of the brokers of one system, and all measurements of it.
final class Round {
    private static final String PRODUCER_TOOL = "org.apache.kafka.tools.ProducerPerformance";
    private static final String CONSUMER_TOOL = "org.apache.kafka.tools.ConsumerPerformance";
    private static final int[] TXN_SIZES = {1, 10, 100, 1000};
    private static final int MANY_PRODUCERS = 8;
    private static final int SHARE_PARTITIONS = 4;
    /// One record in so many is given back when it is first delivered.
    private static final int GIVEN_BACK = 10;
    private static final double MILLION = 1e6;

    private final Contender contender;
    private final Workplace workplace;
    private final Amounts amounts;
    private final Set<Bench.Part> parts;
    private final Figures figures;
    private final Consumer<String> progress;
    private final Clients clients;
    /// Null until the round begins.
    private @Nullable Brokers brokers;
    /// Of each size of record, how many there are to be read.
    private final Map<Size, Long> written = new EnumMap<>(Size.class);

    private enum Size {
        SMALL("100B", "100 B", 100), LARGE("1KB", "1 KB", 1024);

        private final String key;
        private final String words;
        private final int bytes;

        Size(String key, String words, int bytes) {
            this.key = key;
            this.words = words;
            this.bytes = bytes;
        }

        String topic() {
            return "produce-" + key;
        }

        long warm(Amounts amounts) {
            return this == SMALL ? amounts.warmSmall() : amounts.warmLarge();
        }

        long counted(Amounts amounts) {
            return this == SMALL ? amounts.small() : amounts.large();
        }
    }

    Round(Contender contender, Workplace workplace, Amounts amounts, Set<Bench.Part> parts, Figures figures,
            Consumer<String> progress) {
        this.contender = contender;
        this.workplace = workplace;
        this.amounts = amounts;
        this.parts = parts;
        this.figures = figures;
        this.progress = progress;
        this.clients = new Clients(workplace, amounts);
    }

    void run() throws InterruptedException {
        Path data = workplace.folder().resolve(contender.name());
        progress.accept("starts");
        try (Brokers started = Brokers.start(contender, workplace, data)) {
            brokers = started;
            figures.add(Metric.less("start.ms", "ready after start", "ms"), started.startMs());
            if (parts.contains(Bench.Part.idle)) {
                idle();
            }
            if (parts.contains(Bench.Part.latency)) {
                latency();
            }
            if (parts.contains(Bench.Part.txn)) {
                transactions();
            }
            for (Size size : Size.values()) {
                if (parts.contains(Bench.Part.produce)) {
                    produce(size);
                }
            }
            for (Size size : Size.values()) {
                if (parts.contains(Bench.Part.fetch)) {
                    fetch(size);
                }
            }
            if (parts.contains(Bench.Part.share)) {
                share();
            }
            if (parts.contains(Bench.Part.groups)) {
                groups();
            }
            figures.add(Metric.less("loaded.rss.mb", "resident memory afterwards", "MB"), brokers().residentMb());
            if (parts.contains(Bench.Part.failover) && Failover.isPossible(started)) {
                failover();
            }
        } finally {
            workplace.delete(data);
        }
    }

    private void idle() throws InterruptedException {
        progress.accept("does nothing");
        Thread.sleep(amounts.idleMs());
        double before = brokers().cpuSeconds();
        long from = System.nanoTime();
        Thread.sleep(amounts.idleMs());
        double cpu = brokers().cpuSeconds() - before;
        double seconds = (System.nanoTime() - from) / 1e9;
        figures.add(Metric.less("idle.cpu.ms", "CPU per second, idle", "ms"), cpu * 1e3 / seconds);
        figures.add(Metric.less("idle.rss.mb", "resident memory, idle", "MB"), brokers().residentMb());
        figures.add(Metric.less("idle.threads", "threads, idle", ""), brokers().threads());
    }

    private void produce(Size size) throws InterruptedException {
        createTopic(size.topic(), 1);
        progress.accept("warms up with records of " + size.words);
        writeRecords(size, size.warm(amounts));
        long counted = size.counted(amounts);
        progress.accept("takes " + counted + " records of " + size.words);
        double before = brokers().cpuSeconds();
        double rate = writeRecords(size, counted);
        double cpu = brokers().cpuSeconds() - before;
        figures.add(Metric.more("produce." + size.key + ".rate", "produce " + size.words, "records/s"), rate);
        figures.add(Metric.less("produce." + size.key + ".cpu", "produce " + size.words + ", broker CPU", "s/million"),
                cpu * MILLION / counted);
    }

    /// Kafka's producer tool with its defaults, acks=all; records a second.
    private double writeRecords(Size size, long records) throws InterruptedException {
        List<String> said = clients.run(PRODUCER_TOOL, List.of("--bootstrap-server", brokers().bootstrap(),
                "--topic", size.topic(), "--num-records", Long.toString(records),
                "--payload-file", Payloads.ofSize(size.bytes, workplace.folder()).toString(), "--throughput", "-1",
                "--command-property", "acks=all"), _ -> { });
        written.merge(size, records, Long::sum);
        return ToolOutput.producedPerSecond(said, records);
    }

    private void fetch(Size size) throws InterruptedException {
        if (!written.containsKey(size)) {
            createTopic(size.topic(), 1);
            progress.accept("is filled with records of " + size.words + " to read");
            writeRecords(size, size.warm(amounts) + size.counted(amounts));
        }
        long all = requireNonNull(written.get(size), "written above");
        progress.accept("warms up by being read, " + size.words);
        readRecords(size, size.warm(amounts));
        progress.accept("is read, " + size.words);
        double before = brokers().cpuSeconds();
        double rate = readRecords(size, all);
        double cpu = brokers().cpuSeconds() - before;
        figures.add(Metric.more("fetch." + size.key + ".rate", "fetch " + size.words, "records/s"), rate);
        figures.add(Metric.less("fetch." + size.key + ".cpu", "fetch " + size.words + ", broker CPU", "s/million"),
                cpu * MILLION / all);
    }

    private double readRecords(Size size, long records) throws InterruptedException {
        List<String> said = clients.run(CONSUMER_TOOL, List.of("--bootstrap-server", brokers().bootstrap(), "--topic",
                size.topic(), "--num-records", Long.toString(records), "--timeout", "60000"), _ -> { });
        return ToolOutput.fetchedPerSecond(said);
    }

    private void latency() throws InterruptedException {
        createTopic("latency", 1);
        progress.accept("takes and gives one record at a time");
        Map<String, Double> told = measured(LatencyClient.class, List.of(brokers().bootstrap(), "latency",
                Integer.toString(amounts.warmPings()), Integer.toString(amounts.pings())));
        for (String p : List.of("p50", "p99")) {
            figures.add(Metric.less("latency.ack." + p, "one record, acknowledged, " + p, "ms"),
                    figure(told, "ack." + p));
        }
        for (String p : List.of("p50", "p99")) {
            figures.add(Metric.less("latency.read." + p, "one record, read by a consumer, " + p, "ms"),
                    figure(told, "read." + p));
        }
        figures.add(Metric.less("latency.cpu", "one record, broker CPU", "s/million"),
                figure(told, "cpu") * MILLION / amounts.pings());
    }

    private void transactions() throws InterruptedException {
        createTopic("transactions", MANY_PRODUCERS);
        for (int size : TXN_SIZES) {
            transactions("txn." + size, size == 1 ? "1 record" : "%,d records".formatted(size), size, 1);
        }
        transactions("txn.1x" + MANY_PRODUCERS, "1 record, " + MANY_PRODUCERS + " producers", 1, MANY_PRODUCERS);
    }

    private void transactions(String key, String what, int size, int producers) throws InterruptedException {
        progress.accept("commits transactions of " + what);
        Map<String, Double> told = measured(TxnClient.class, List.of(brokers().bootstrap(), "transactions",
                Integer.toString(size), Integer.toString(producers), Integer.toString(amounts.warmTxnMs()),
                Integer.toString(amounts.txnMs())));
        figures.add(Metric.more(key + ".rate", "transactions of " + what, "txn/s"), figure(told, "rate"));
        figures.add(Metric.less(key + ".p50", "transactions of " + what + ", p50", "ms"), figure(told, "p50"));
        figures.add(Metric.less(key + ".p99", "transactions of " + what + ", p99", "ms"), figure(told, "p99"));
        figures.add(Metric.less(key + ".cpu", "transactions of " + what + ", broker CPU", "ms/txn"),
                figure(told, "cpu") * 1e3 / figure(told, "count"));
        if (size == 1 && producers == 1) {
            figures.add(Metric.less("txn.first.p99",
                    "transactions of 1 record, first %,d ms, p99".formatted(amounts.warmTxnMs()), "ms"),
                    figure(told, "first.p99"));
        }
    }

    private void share() throws InterruptedException {
        Amounts.Share much = amounts.share();
        for (int consumers : much.consumers()) {
            share("share." + consumers, consumers == 1 ? "1 share consumer" : consumers + " share consumers", consumers,
                    0, false, much.warm(), much.counted());
        }
        share("share.given.back", "1 share consumer, %d%% given back once".formatted(100 / GIVEN_BACK), 1, GIVEN_BACK,
                false, much.warm(), much.counted());
        if (much.atOnce() > 0) {
            share("share.at.once", "1 share consumer, waits for each acknowledgement", 1, 0, true, much.atOnce(),
                    much.atOnce());
        }
    }

    /// @param giveBack one in so many records; 0 for none
    private void share(String key, String what, int consumers, int giveBack, boolean isAtOnce, int warm, int counted)
            throws InterruptedException {
        String topic = key.replace('.', '-');
        createTopic(topic, SHARE_PARTITIONS);
        progress.accept("shares records out: " + what);
        Map<String, Double> told = measured(ShareClient.class, List.of(brokers().bootstrap(), topic, topic + "-group",
                Integer.toString(consumers), Integer.toString(giveBack), Boolean.toString(isAtOnce),
                Integer.toString(warm), Integer.toString(counted)));
        figures.add(Metric.more(key + ".rate", what, "records/s"), figure(told, "rate"));
        figures.add(Metric.less(key + ".cpu", what + ", broker CPU", "s/million"),
                figure(told, "cpu") * MILLION / counted);
        figures.add(Metric.less(key + ".twice", what + ", accepted twice", "records"), figure(told, "twice"));
        figures.add(Metric.less(key + ".refused", what + ", acknowledgements refused", "requests"),
                figure(told, "refused"));
    }

    private void groups() throws InterruptedException {
        Amounts.Groups much = amounts.groups();
        createTopic("groups-few", 1);
        createTopic("groups-many", much.members());
        progress.accept("hears from %,d groups of one and one group of %,d".formatted(much.groups(), much.members()));
        Map<String, Double> told = measured(GroupsClient.class, List.of(brokers().bootstrap(), "groups-few",
                "groups-many", Integer.toString(much.groups()), Integer.toString(much.members()),
                Integer.toString(much.everyMs()), Integer.toString(much.ms()), Integer.toString(much.leaving())));
        String of = "group of %,d members".formatted(much.members());
        figures.add(Metric.less("groups.settled.ms", of + ", all join", "ms"), figure(told, "settled"));
        for (String p : List.of("p50", "p99", "max")) {
            figures.add(Metric.less("groups.heartbeat." + p, "heartbeat, that and %,d groups, ".formatted(much.groups())
                    + p, "ms"), figure(told, p));
        }
        figures.add(Metric.less("groups.heartbeat.cpu", "heartbeat, broker CPU", "s/million"),
                figure(told, "cpu") * MILLION / figure(told, "count"));
        for (String which : List.of("p50", "max")) {
            figures.add(Metric.less("groups.healed." + which, of + ", one leaves, healed, " + which, "ms"),
                    figure(told, "healed." + which));
        }
    }

    private void failover() throws InterruptedException {
        Failover failover = new Failover(brokers(), progress);
        for (int strike = 0; strike < amounts.strikes(); strike++) {
            for (Failover.Victim victim : Failover.Victim.values()) {
                figures.add(Metric.less("failover." + victim.key() + ".ms",
                        "first write after SIGKILL of " + victim.words(), "ms"), failover.strike(victim));
            }
        }
    }

    /// What one of our own client programs measured, and under `cpu` the broker's processor time meanwhile.
    private Map<String, Double> measured(Class<?> client, List<String> arguments) throws InterruptedException {
        double[] cpu = {Double.NaN, Double.NaN};
        List<String> said = clients.run(client.getName(), arguments, line -> {
            if (line.equals(ToolOutput.BEGIN)) {
                cpu[0] = brokers().cpuSeconds();
            } else if (line.equals(ToolOutput.END)) {
                cpu[1] = brokers().cpuSeconds();
            }
        });
        Map<String, Double> told = ToolOutput.figures(said);
        told.put("cpu", cpu[1] - cpu[0]);
        return told;
    }

    private static double figure(Map<String, Double> told, String name) {
        return requireNonNull(told.get(name), name);
    }

    private Brokers brokers() {
        return requireNonNull(brokers, "the round has begun");
    }

    private void createTopic(String name, int partitions) throws InterruptedException {
        brokers().createTopic(name, partitions);
    }
}
