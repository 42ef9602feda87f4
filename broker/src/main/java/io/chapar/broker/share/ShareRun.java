package io.chapar.broker.share;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.Watch;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.Slices;
import io.chapar.broker.share.state.ShareKey;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// One request of a member of a share group from start to answer: says what the member says of its records, acquires
/// others for it, and where there are none sleeps until there are, or its time is up.
///
/// The loops that own the partitions are visited one after the other with what is left of the budgets. A visit waits
/// for nothing: what was acquired is locked meanwhile. A partition that is being begun has nothing to give until it
/// wakes the run. What the member said is written before it is answered, for which it may have to be begun; it never
/// waits for records then.
final class ShareRun {
    /// What it may acquire.
    ///
    /// There is no least number of bytes: what was acquired while it waits for more would be locked meanwhile.
    ///
    /// @param exact not a record more, even where that divides a batch
    record Terms(int maxBytes, int maxRecords, boolean exact, long maxWaitMs) {
        static final Terms NOTHING = new Terms(0, 0, true, 0);
    }

    private static final int COST = 10;
    private static final int MOST_BYTES_OF_PARTITION = 1 << 20;

    private final ShareHosts hosts;
    private final Supplier<ClusterImage> cluster;
    private final RequestContext context;
    private final Loop loop;
    private final String groupId;
    private final String holder;
    private final Terms terms;
    private final List<SharePart> parts;
    private final Consumer<ShareRun> finish;
    private final List<Watch> watches = new ArrayList<>();
    private int bytesLeft;
    private int recordsLeft;
    /// Other answers leave no room in memory for more than a little.
    private boolean isShort;
    private int acknowledging = 0;
    private boolean saysSomething;
    private boolean last;
    private boolean parked;
    private boolean gone;
    private boolean answered;
    private boolean hasRead;
    private Loop.@Nullable Timer timer;
    private final SharedPartition.Room room = new SharedPartition.Room() {
        @Override
        public boolean take(long bytes) {
            isShort |= !context.takesRoom(bytes);
            return !isShort;
        }

        @Override
        public void giveBack(long bytes) {
            context.givesRoomBack(bytes);
        }
    };

    ShareRun(
            ShareHosts hosts, Supplier<ClusterImage> cluster, RequestContext context, String groupId, String holder,
            Terms terms, List<SharePart> parts, Consumer<ShareRun> finish) {
        this.hosts = hosts;
        this.cluster = cluster;
        this.context = context;
        this.loop = context.loop();
        this.groupId = groupId;
        this.holder = holder;
        this.terms = terms;
        this.parts = parts;
        this.finish = finish;
        this.saysSomething = parts.stream().anyMatch(SharePart::acknowledges);
        this.last = terms.maxWaitMs() <= 0;
    }

    List<SharePart> parts() {
        return parts;
    }

    boolean isGone() {
        return gone;
    }

    void start() {
        context.onDisconnect(this::abandon);
        visitAll();
    }

    // ---- visits

    private void visitAll() {
        bytesLeft = terms.maxBytes();
        recordsLeft = terms.maxRecords();
        isShort = false;
        ClusterImage image = cluster.get();
        Map<ShareHost, List<SharePart>> byHost = new LinkedHashMap<>();
        for (SharePart part : parts) {
            TopicPartition id = resolve(part, image);
            if (id == null) {
                ErrorCode error = image.topic(part.topicId()) == null
                        ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
                part.refuse(error);
                if (!hasRead && part.acknowledges()) {
                    part.acknowledged(error);
                }
            } else {
                byHost.computeIfAbsent(hosts.of(id), _ -> new ArrayList<>()).add(part);
            }
        }
        visit(List.copyOf(byHost.entrySet()), 0, image);
    }

    private static @Nullable TopicPartition resolve(SharePart part, ClusterImage image) {
        TopicImage topic = image.topic(part.topicId());
        return topic == null || !topic.hasPartition(part.partition())
                ? null : new TopicPartition(topic.name(), part.partition());
    }

    private void visit(List<Map.Entry<ShareHost, List<SharePart>>> visits, int number, ClusterImage image) {
        if (number == visits.size()) {
            loop.run(this::visited);
            return;
        }
        ShareHost host = visits.get(number).getKey();
        host.loop().run(() -> Slices.each(host.loop(), visits.get(number).getValue(),
                part -> COST + part.said(), part -> open(host, part, image),
                () -> visit(visits, number + 1, image)));
    }

    private void open(ShareHost host, SharePart part, ClusterImage image) {
        TopicPartition id = resolve(part, image);
        boolean wants = part.isFetched() && recordsLeft > 0 && bytesLeft > 0 && part.bytes() == 0;
        boolean says = !hasRead && part.acknowledges();
        if (id == null || (!wants && !says)) {
            return;
        }
        switch (host.open(key(part), id)) {
            case ShareHost.Refused no -> {
                part.refuse(no.isPassing() ? ErrorCode.NONE : no.error());
                if (says) {
                    part.acknowledged(no.error());
                }
            }
            case ShareHost.Unreadable _ -> {
                part.unreadable();
                if (says) {
                    part.acknowledged(ErrorCode.KAFKA_STORAGE_ERROR);
                }
            }
            case ShareHost.Opening(SharedPartition opening) -> {
                part.refuse(ErrorCode.NONE);
                if (wants) {
                    opening.holdFor(holder);
                }
                if (says) {
                    loop.run(() -> acknowledging++);
                    opening.whenBegun(how -> acknowledgeBegun(how, part));
                }
            }
            case ShareHost.Ready(SharedPartition ready) -> {
                part.refuse(ErrorCode.NONE);
                if (says) {
                    loop.run(() -> acknowledging++);
                    acknowledge(ready, part);
                }
                if (wants) {
                    acquire(ready, part);
                }
            }
        }
    }

    private ShareKey key(SharePart part) {
        return new ShareKey(groupId, part.topicId(), part.partition());
    }

    private void acknowledgeBegun(ShareHost.Opened how, SharePart part) {
        switch (how) {
            case ShareHost.Ready(SharedPartition ready) -> acknowledge(ready, part);
            case ShareHost.Refused no -> loop.run(() -> acknowledged(part, no.error()));
            case ShareHost.Unreadable _ -> loop.run(() -> acknowledged(part, ErrorCode.KAFKA_STORAGE_ERROR));
        }
    }

    private void acknowledge(SharedPartition ready, SharePart part) {
        ready.acknowledge(holder, part.acknowledged(), error -> loop.run(() -> acknowledged(part, error)));
    }

    private void acknowledged(SharePart part, ErrorCode error) {
        part.acknowledged(error);
        acknowledging--;
        if (acknowledging == 0 && hasRead) {
            judge();
        }
    }

    private void acquire(SharedPartition ready, SharePart part) {
        SharedPartition.Got got = ready.acquire(
                holder, Math.min(bytesLeft, MOST_BYTES_OF_PARTITION), recordsLeft, terms.exact(), room);
        switch (got) {
            case SharedPartition.Records records -> {
                part.take(records);
                bytesLeft = isShort ? 0 : bytesLeft - part.bytes();
                for (Acquired one : records.acquired()) {
                    recordsLeft -= (int) Math.min(recordsLeft, one.last() - one.first() + 1);
                }
            }
            case SharedPartition.Nothing _ -> { }
            case SharedPartition.Failed no -> part.refuse(no.error());
        }
    }

    // ---- the answer

    private void visited() {
        hasRead = true;
        judge();
    }

    private void judge() {
        if (acknowledging > 0 || parked || answered) {
            return;
        }
        if (gone) {
            giveBack();
            return;
        }
        boolean enough = saysSomething;
        for (SharePart part : parts) {
            enough |= part.bytes() > 0 || part.isRefused();
        }
        if (enough || last || terms.maxRecords() <= 0 || !context.mayWait(parts.size())) {
            if (timer != null) {
                timer.cancel();
            }
            answered = true;
            finish.accept(this);
        } else {
            park();
        }
    }

    /// Nobody got the answer.
    private void giveBack() {
        answered = true;
        hosts.leave(groupId, holder, parts.stream()
                .map(part -> new ShareSession.Part(part.topicId(), part.partition())).toList(), cluster.get());
        context.replyNothing();
    }

    // ---- sleeping

    private void park() {
        parked = true;
        if (timer == null) {
            timer = loop.schedule(terms.maxWaitMs(), () -> {
                last = true;
                wake();
            });
        }
        ClusterImage image = cluster.get();
        for (SharePart part : parts) {
            TopicPartition id = resolve(part, image);
            if (id != null && part.isFetched()) {
                ShareHost host = hosts.of(id);
                boolean isUnreadable = part.isUnreadable();
                host.loop().run(() -> watch(host, part, isUnreadable ? id : null));
            }
        }
    }

    /// @param unreadable null where the disk gives the partition
    private void watch(ShareHost host, SharePart part, @Nullable TopicPartition unreadable) {
        Runnable woken = () -> loop.run(this::wake);
        SharedPartition known = host.known(key(part));
        if (unreadable != null) {
            Watch watch = host.onReadable(unreadable, woken);
            loop.run(() -> keep(host, watch));
        } else if (known != null && known.asked() instanceof ShareHost.Opening) {
            Watch watch = known.whenBegun(how -> loop.run(() -> begun(part, how)));
            loop.run(() -> keep(host, watch));
        } else if (known != null) {
            Watch watch = known.watch(woken);
            loop.run(() -> keep(host, watch));
        }
    }

    /// There may be something of it now, or what would be waited for in vain.
    private void begun(SharePart part, ShareHost.Opened how) {
        switch (how) {
            case ShareHost.Ready _ -> wake();
            case ShareHost.Refused no when !no.isPassing() && parked -> {
                unpark();
                part.refuse(no.error());
                judge();
            }
            case ShareHost.Refused _, ShareHost.Unreadable _ -> { }
        }
    }

    private void keep(ShareHost host, Watch watch) {
        if (parked) {
            watches.add(() -> host.loop().run(watch::cancel));
        } else {
            host.loop().run(watch::cancel);
        }
    }

    /// On the connection's loop; several causes in one turn wake it once.
    private void wake() {
        if (!parked) {
            return;
        }
        unpark();
        if (gone) {
            giveBack();
        } else {
            visitAll();
        }
    }

    private void unpark() {
        parked = false;
        watches.forEach(Watch::cancel);
        watches.clear();
    }

    /// The client has gone.
    private void abandon() {
        if (answered) {
            return;
        }
        gone = true;
        if (timer != null) {
            timer.cancel();
        }
        wake();
    }
}
