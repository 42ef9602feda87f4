package io.chapar.broker;

import io.chapar.broker.config.BrokerConfig;
import io.chapar.broker.config.TopicConfig;
import io.chapar.broker.coordinator.ClusterPlacement;
import io.chapar.broker.coordinator.CoordinatorKeys;
import io.chapar.broker.coordinator.CoordinatorPlacement;
import io.chapar.broker.coordinator.LocalMarkerTransport;
import io.chapar.broker.coordinator.LocalTxnCoordinators;
import io.chapar.broker.coordinator.MetadataProducerIds;
import io.chapar.broker.coordinator.PeerEnds;
import io.chapar.broker.coordinator.PeerMarkerTransport;
import io.chapar.broker.coordinator.PeerTxnCoordinators;
import io.chapar.broker.coordinator.TransactionEntry;
import io.chapar.broker.fetch.FetchSessions;
import io.chapar.broker.group.LocalGroupCoordinators;
import io.chapar.broker.handler.LocalBroker;
import io.chapar.broker.handler.RequestRouter;
import io.chapar.broker.handler.TxnStateNames;
import io.chapar.broker.hanging.HangingTxnCore;
import io.chapar.broker.hanging.HangingTxnHost;
import io.chapar.broker.log.CompactionLimits;
import io.chapar.broker.log.DataFolder;
import io.chapar.broker.metadata.BrokerImage;
import io.chapar.broker.metadata.ClusterDelta;
import io.chapar.broker.metadata.ClusterDelta.TopicChange;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ImageWaits;
import io.chapar.broker.metadata.MetadataLog;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.metrics.ClusterFigures;
import io.chapar.broker.metrics.Totals;
import io.chapar.broker.net.RequestHost;
import io.chapar.broker.partition.Followers;
import io.chapar.broker.peer.Peers;
import io.chapar.broker.replica.FollowStreams;
import io.chapar.broker.replica.ReplicaHost;
import io.chapar.broker.replica.ReplicaHosts;
import io.chapar.broker.replica.SendingRates;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.Slices;
import io.chapar.broker.settings.BrokerSettings;
import io.chapar.broker.shard.RecoveryProgress;
import io.chapar.broker.shard.Shard;
import io.chapar.broker.shard.Shards;
import io.chapar.broker.share.ShareHost;
import io.chapar.broker.share.ShareHosts;
import io.chapar.broker.share.ShareRequests;
import io.chapar.broker.share.ShareRules;
import io.chapar.broker.share.ShareSessions;
import io.chapar.broker.share.state.LocalShareStates;
import io.chapar.broker.share.state.PeerShareStates;
import io.chapar.broker.share.state.ShareStates;
import io.chapar.txn.TxnLimits;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.SortedSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

import static java.util.Objects.requireNonNull;

/// A broker without network, files and threads of its own: loops, a disk and the metadata are given to it, requests
/// are handed to it. Wiring, no logic.
public final class BrokerCore {
    private static final long RESERVE_CHECK_MS = 5_000;
    /// That cost as much as a partition, where it is measured.
    private static final int PRODUCERS_OF_COST = 100;

    private final BrokerConfig config;
    private final DataFolder folder;
    private final Shards shards;
    private final MetadataLog metadata;
    private final ImageWaits images;
    private final @Nullable ReplicaHosts replicas;
    private volatile LongSupplier strangers = () -> 0;
    private final CoordinatorPlacement coordinators;
    private final LocalTxnCoordinators transactions;
    private final LocalGroupCoordinators groups;
    private final List<HangingTxnHost> hanging = new ArrayList<>();
    private final RequestRouter router;
    private final Budgets budgets;
    private final PeerEnds ends;

    /// @param metadata in which this broker's life has been begun
    public BrokerCore(
            BrokerConfig config,
            List<? extends Loop> loops,
            DataFolder folder,
            MetadataLog metadata,
            RandomGenerator random) {
        this(config, loops, folder, metadata, random, _ -> Followers.NONE, Peers.NONE);
    }

    /// @param metadata in which this broker's life has been begun
    /// @param peers the other brokers of the cluster
    /// @param streams the way to the leaders of what this broker follows; those who follow it come by [#following]
    public BrokerCore(
            BrokerConfig config,
            List<? extends Loop> loops,
            DataFolder folder,
            MetadataLog metadata,
            RandomGenerator random,
            Peers peers,
            FollowStreams streams) {
        this(config, loops, folder, metadata, random, replicas(config, loops, metadata, streams), peers);
    }

    /// @param metadata in which this broker's life has been begun
    /// @param followers who follows the partitions that a loop leads
    /// @param peers the other brokers of the cluster
    public BrokerCore(
            BrokerConfig config,
            List<? extends Loop> loops,
            DataFolder folder,
            MetadataLog metadata,
            RandomGenerator random,
            Function<Loop, Followers> followers,
            Peers peers) {
        this(config, loops, folder, metadata, random,
                new Replicas(loops.stream().<Followers>map(followers).toList(), null), peers);
    }

    /// @param hosts null where nobody follows and nobody is followed
    private record Replicas(List<Followers> byLoop, @Nullable ReplicaHosts hosts) {}

    private static Replicas replicas(
            BrokerConfig config, List<? extends Loop> loops, MetadataLog metadata, FollowStreams streams) {
        BrokerImage here = metadata.image().brokers().get(config.nodeId());
        SendingRates rates = new SendingRates();
        List<ReplicaHost> hosts = loops.stream().map(loop -> new ReplicaHost(
                config.nodeId(), here == null ? -1 : here.epoch(), loop, config.number("replica.lag.time.max.ms"),
                metadata, streams, rates)).toList();
        return new Replicas(List.copyOf(hosts), new ReplicaHosts(hosts));
    }

    private BrokerCore(
            BrokerConfig config,
            List<? extends Loop> loops,
            DataFolder folder,
            MetadataLog metadata,
            RandomGenerator random,
            Replicas replicas,
            Peers peers) {
        this.config = config;
        this.replicas = replicas.hosts();
        this.folder = folder;
        this.metadata = metadata;
        this.budgets = new Budgets(config, folder.memory());
        BrokerSettings settings = new BrokerSettings(config, metadata::image);
        shards = new Shards(config.nodeId(), loops, folder, metadata::image,
                topic -> new TopicConfig(topic.config(), settings.inForce()).logConfig(), compactionLimits(config),
                budgets.producers(), replicas.byLoop());
        LocalBroker node = new LocalBroker(settings, metadata, shards);

        coordinators = CoordinatorPlacement.over(shards);
        ClusterPlacement leaders = new ClusterPlacement(config.nodeId(), metadata::image);
        ends = new PeerEnds(leaders, peers);
        LocalMarkerTransport markers = new LocalMarkerTransport(coordinators, leaders::exists);
        transactions = new LocalTxnCoordinators(
                coordinators,
                () -> partitions(CoordinatorKeys.TRANSACTION_STATE),
                new MetadataProducerIds(metadata),
                new PeerMarkerTransport(markers, leaders, peers),
                txnLimits(config),
                budgets.transactions(),
                folder.reserve()::admitsForCoordinator,
                config.count("producer.ids.per.client.hour"));
        TransactionEntry entry = new TransactionEntry(new PeerTxnCoordinators(transactions, leaders, peers));
        LocalShareStates kept = new LocalShareStates(
                coordinators,
                () -> partitions(CoordinatorKeys.SHARE_STATE),
                ShareSettings.limits(config),
                budgets.groups(),
                folder.reserve()::admitsForCoordinator);
        ShareStates shareStates = new PeerShareStates(kept, leaders, peers);
        groups = new LocalGroupCoordinators(
                coordinators,
                () -> partitions(CoordinatorKeys.CONSUMER_OFFSETS),
                entry,
                GroupSettings.limits(config),
                budgets.groups(),
                folder.reserve()::admitsForCoordinator,
                () -> GroupSettings.view(metadata.image(), settings.inForce()),
                shareStates,
                random);

        Map<Loop, FetchSessions> sessions = new LinkedHashMap<>();
        int slots = config.count("max.incremental.fetch.session.cache.slots");
        long sessionBytes = config.budget("max.incremental.fetch.session.cache.bytes", 16, 1);
        for (Shard shard : shards.all()) {
            int count = shards.all().size();
            sessions.put(shard.loop(), new FetchSessions(
                    shard.index(), count, slots / count, sessionBytes / count, random));
        }
        long checkEveryMs = config.number("transaction.hanging.check.interval.ms");
        for (Shard shard : checkEveryMs == 0 ? List.<Shard>of() : shards.all()) {
            HangingTxnCore core = new HangingTxnCore(
                    config.number("transaction.hanging.grace.ms"), config.number("transaction.max.timeout.ms"));
            hanging.add(new HangingTxnHost(
                    shard.loop(), shard::opened, shard::partition, transactions, core, checkEveryMs));
        }
        router = new RequestRouter(node, peers, transactions, entry, groups, markers, sessions,
                new RequestRouter.Shares(shareRequests(settings, shareStates), shareStates, kept), random);
        metadata.onChange(this::follow);
        // Behind the shards: what has waited finds them as that image has them.
        images = new ImageWaits(() -> metadata.image().version());
        metadata.onChange((_, after, _) -> images.reached(after.version()));
    }

    private ShareRequests shareRequests(BrokerSettings settings, ShareStates states) {
        Function<String, ShareRules> rules =
                groupId -> ShareSettings.rules(metadata.image(), settings.inForce(), groupId);
        long writeMs = config.number("share.coordinator.write.timeout.ms");
        int slots = Math.max(1, config.count("group.share.max.share.sessions") / shards.all().size());
        ShareHosts hosts = new ShareHosts(shards,
                shard -> new ShareHost(shard, states, rules, writeMs, budgets.groups()),
                shard -> new ShareSessions(shard.index(), slots, budgets.groups()));
        return new ShareRequests(hosts, metadata::image, rules);
    }

    private static CompactionLimits compactionLimits(BrokerConfig config) {
        return new CompactionLimits(
                config.number("log.cleaner.dedupe.buffer.size"),
                Double.parseDouble(config.value("log.cleaner.io.max.bytes.per.second")),
                Math.min(CompactionLimits.MAX_EVERY_MS, config.number("log.retention.check.interval.ms")));
    }

    private static TxnLimits txnLimits(BrokerConfig config) {
        TxnLimits usual = TxnLimits.DEFAULTS;
        return new TxnLimits(
                config.count("transaction.max.timeout.ms"), config.number("transactional.id.expiration.ms"),
                config.flag("transaction.two.phase.commit.enable"), config.count("transaction.coordinator.max.ids"),
                config.count("transaction.coordinator.max.open"), config.count("transaction.max.partitions"),
                usual.maxRecordBytes(), usual.maxWaiting(), usual.retryMs());
    }

    private int partitions(String topicName) {
        TopicImage topic = metadata.image().topic(topicName);
        return topic == null ? 0 : topic.partitions();
    }

    /// What answers requests.
    public RequestHost requests() {
        return router;
    }

    /// Opens what is on disk, several partitions at a time, and recovers what a crash left. Completed when all of them
    /// are online, or known to be not; before [#start] and before the first request.
    public CompletableFuture<Void> recover(Collection<String> folders) {
        RecoveryProgress progress = new RecoveryProgress(folders);
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (Shard shard : shards.all()) {
            CompletableFuture<Void> one = new CompletableFuture<>();
            all.add(one);
            shard.loop().execute(() -> shard.recover(progress, () -> one.complete(null)));
        }
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).thenRun(progress::over);
    }

    /// Begins all that goes on without requests: coordinators load and end what was left open, partitions are opened
    /// and kept in order.
    public void start() {
        coordinators.follow(shards);
        transactions.start();
        groups.start();
        long everyMs = config.number("log.retention.check.interval.ms");
        long forgetEveryMs = config.number("producer.id.expiration.check.interval.ms");
        for (Shard shard : shards.all()) {
            shard.loop().run(() -> shard.openAll(() -> {
                shard.keepHouse(everyMs);
                shard.keepForgetting(forgetEveryMs);
                shard.keepCompacting();
            }));
        }
        hanging.forEach(host -> host.loop().run(host::start));
        if (folder.reserve().isKept()) {
            Loop loop = shards.all().getFirst().loop();
            loop.run(() -> keepReserve(loop));
        }
    }

    private void keepReserve(Loop loop) {
        folder.disk().runLater(folder.reserve()::keep, loop,
                _ -> loop.schedule(RESERVE_CHECK_MS, () -> keepReserve(loop)));
    }

    /// Where questions of other brokers wait until this one knows as much of the cluster as they.
    public ImageWaits images() {
        return images;
    }

    /// Where those who follow this broker's partitions come in.
    public FollowStreams.Accepting following() {
        return requireNonNull(replicas, "this broker has no others");
    }

    /// From now on this says, for a time of the broker's clock, whether no controller has been heard of for too long to
    /// lead any further. One that has no others is never cut off from them. From any thread.
    public void cutOff(LongPredicate at) {
        if (replicas != null) {
            replicas.cutOff(at);
        }
    }

    private void follow(ClusterImage before, ClusterImage after, ClusterDelta delta) {
        if (replicas != null) {
            replicas.follow(after);
        }
        for (Shard shard : shards.all()) {
            shard.loop().run(() -> shard.follow(after, delta));
        }
        SequencedSet<String> deleted = new LinkedHashSet<>();
        SequencedSet<String> reshaped = new LinkedHashSet<>();
        for (TopicChange change : delta.topics()) {
            if (change.isReshaped()) {
                reshaped.add(change.known().name());
            }
            if (change.isDeleted()) {
                deleted.add(change.known().name());
            } else if (change.isCreated() && change.known().name().equals(CoordinatorKeys.TRANSACTION_STATE)) {
                transactions.start();
            }
        }
        if (!deleted.isEmpty()) {
            groups.topicsDeleted(deleted);
        }
        if (!reshaped.isEmpty()) {
            groups.clusterChanged(reshaped);
        }
        if (delta.isConfigured()) {
            groups.clusterChanged(Collections.emptySortedSet());
        }
    }

    /// Adds what the loop of this shard knows, some of it in each turn; then runs `then`. On that loop.
    void measure(Shard shard, Totals into, Runnable then) {
        for (HangingTxnHost host : hanging) {
            if (host.loop().equals(shard.loop())) {
                into.hangingEnded(host.ended());
                host.core().oldestByPartition().forEach(into::openSince);
            }
        }
        Loop loop = shard.loop();
        Slices.each(loop, shard.opened(), partition -> 1 + partition.producers() / PRODUCERS_OF_COST, into::add,
                () -> transactions.measure(loop, TxnStateNames::of, into,
                        () -> groups.measure(loop, into, then)));
    }

    /// Adds what is none of a single loop's; then runs `then`, on a loop. Not to be called on one: disks may be slow.
    void measure(Totals into, Runnable then) {
        if (metadata.trouble() != null) {
            into.metadataFails();
        }
        into.slow(slowFollowers());
        into.strangers(strangers.getAsLong());
        into.disk(folder.reserve());
        into.budgets(budgets.all());
        ends.ask(shards.all().getFirst().loop(), into.readElsewhere(), into, then);
    }

    /// From now on this counts the connections among brokers that ended without a proof. From any thread.
    void strangers(LongSupplier ended) {
        strangers = ended;
    }

    /// Those that hold up what this broker leads. From any thread.
    public SortedSet<Integer> slowFollowers() {
        return replicas == null ? Collections.emptySortedSet() : replicas.slow();
    }

    /// The cluster as this broker knows it; from any thread.
    ClusterFigures cluster() {
        return ClusterFigures.of(metadata.image(), config.nodeId(), metadata.controller(), metadata.quorum());
    }

    /// The partitions by loop, for whoever stops or inspects them.
    public Shards shards() {
        return shards;
    }
}
