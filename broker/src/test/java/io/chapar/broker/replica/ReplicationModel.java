package io.chapar.broker.replica;

import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.ClusterSettings;
import io.chapar.broker.metadata.ControllerCore;
import io.chapar.broker.metadata.MetadataCommand;
import io.chapar.broker.metadata.MetadataCommand.AdvanceReassignments;
import io.chapar.broker.metadata.MetadataCommand.AlterReassignments;
import io.chapar.broker.metadata.MetadataCommand.ChangeIsr;
import io.chapar.broker.metadata.MetadataCommand.CreateTopics;
import io.chapar.broker.metadata.MetadataCommand.FenceBroker;
import io.chapar.broker.metadata.MetadataCommand.InSync;
import io.chapar.broker.metadata.MetadataCommand.IsrOutcome;
import io.chapar.broker.metadata.MetadataCommand.IsrWish;
import io.chapar.broker.metadata.MetadataCommand.NewTopic;
import io.chapar.broker.metadata.MetadataCommand.ReassignmentWish;
import io.chapar.broker.metadata.MetadataCommand.RegisterBroker;
import io.chapar.broker.metadata.MetadataCommand.Replicas;
import io.chapar.broker.metadata.MetadataCommand.UnfenceBroker;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.Registration;
import io.chapar.broker.metadata.TopicRules;
import io.chapar.broker.partition.IsrCore;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

import static java.util.Objects.requireNonNull;

/// One partition on three brokers, or moving between four, with the real controller, elections and cores of
/// replication, over logs of numbers.
/// Everything that is under way arrives in any order that streams allow, brokers know of the cluster what they know,
/// processes are killed, machines lose power. What is checked after every step stands at [#check].
final class ReplicationModel {
    private static final TopicPartition ID = new TopicPartition("t", 0);
    private static final long LAG_MS = 3_000;
    private static final int ITEM_BYTES = Integer.BYTES + Integer.BYTES;

    /// A record: who wrote it is told by its number.
    private record Item(int epoch, int number) {}

    private final Random random;
    /// Whether replicas move.
    private final boolean moving;
    private final int minIsr;
    private final ControllerCore controller;
    private final List<ClusterImage> images = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    private final List<Runnable> onTheWayToController = new ArrayList<>();
    /// What some leader has exposed as committed; it may be lost only where an election was not clean.
    private final List<Item> committed = new ArrayList<>();
    private long nowMs = 1_000;
    private int numbers;
    /// Somebody was elected who need not have all: what is committed is not promised any more.
    private boolean isLost;
    private int leaderships;
    private int moves;

    ReplicationModel(long seed) {
        this(seed, false);
    }

    ReplicationModel(long seed, boolean moving) {
        this.moving = moving;
        random = new Random(seed);
        minIsr = 1 + random.nextInt(3);
        controller = new ControllerCore(random, new TopicRules() {
            @Override
            public @Nullable String problem(SortedMap<String, String> config) {
                return null;
            }

            @Override
            public int minIsr(SortedMap<String, String> config, ClusterSettings cluster) {
                return minIsr;
            }
        });
        images.add(ClusterImage.EMPTY);
        int count = moving ? 4 : 3;
        for (int id = 1; id <= count; id++) {
            nodes.add(new Node(id));
        }
        nodes.forEach(Node::start);
        nodes.forEach(node -> decide(new UnfenceBroker(node.id, node.life)));
        decide(new CreateTopics(List.of(new NewTopic(
                ID.topic(), 1, new Replicas.Factor(moving ? 1 + random.nextInt(3) : 3), new TreeMap<>())), false));
    }

    int committed() {
        return committed.size();
    }

    int leaderships() {
        return leaderships;
    }

    /// Reassignments that ended on the replicas that they were to end on.
    int moves() {
        return moves;
    }

    boolean isLost() {
        return isLost;
    }

    // ---- the cluster

    private ClusterImage latest() {
        return images.getLast();
    }

    private <R> R decide(MetadataCommand<R> command) {
        ControllerCore.Decision<R> decision = controller.decide(command, latest());
        if (!decision.records().isEmpty()) {
            PartitionImage was = partition(latest());
            images.add(latest().apply(decision.records()));
            PartitionImage is = partition(latest());
            if (was != null && is != null && is.leader() != was.leader()
                    && is.leader() != PartitionImage.NO_LEADER) {
                elected(is);
            }
            if (was != null && is != null && was.reassignment() != null && is.reassignment() == null) {
                moves += is.replicas().equals(was.reassignment().to()) ? 1 : 0;
            }
        }
        return decision.result();
    }

    /// I08: who is elected cleanly has all that was ever exposed, or has died and does not know of it yet.
    private void elected(PartitionImage is) {
        leaderships++;
        Node leader = node(is.leader());
        isLost |= is.recovering();
        if (!isLost && !leader.lostPower && !sameBelow(leader.log, committed.size())) {
            throw new AssertionError("broker " + leader.id + " is elected and lacks some of the " + committed.size()
                    + " that are committed: " + is);
        }
    }

    private boolean sameBelow(List<Item> log, int end) {
        return log.size() >= end && log.subList(0, end).equals(committed.subList(0, end));
    }

    private static @Nullable PartitionImage partition(ClusterImage image) {
        var topic = image.topic(ID.topic());
        return topic == null ? null : topic.partition(0);
    }

    private Node node(int id) {
        return nodes.get(id - 1);
    }

    // ---- a broker

    private final class Node {
        private final int id;
        private final List<Item> log = new ArrayList<>();
        private int synced;
        private boolean alive;
        /// And has not registered since.
        private boolean lostPower;
        private int starts;
        private long life;
        private int known;
        /// Of the last image that was followed.
        private int epoch = -1;
        private long highWatermark;
        private @Nullable IsrCore leading;
        private int epochStart;
        private final List<Link> outgoing = new ArrayList<>();

        Node(int id) {
            this.id = id;
        }

        void start() {
            starts++;
            alive = true;
            decide(new RegisterBroker(
                    Registration.alone(id, new UUID(id, starts)), new TreeMap<>(), !lostPower,
                    starts == 1 ? List.of() : List.of(new UUID(id, starts - 1))));
            lostPower = false;
            life = requireNonNull(latest().brokers().get(id)).epoch();
            known = images.size() - 1;
            epoch = -1;
            highWatermark = 0;
            leading = null;
            outgoing.clear();
            for (Node other : nodes) {
                if (other != this) {
                    outgoing.add(new Link(this, other));
                }
            }
            follow();
        }

        void stop(boolean losesPower) {
            alive = false;
            leading = null;
            if (losesPower) {
                int kept = synced + random.nextInt(log.size() - synced + 1);
                truncate(kept);
                synced = kept;
                lostPower = true;
            }
            nodes.forEach(node -> node.outgoing.forEach(link -> {
                if (link.joins(this)) {
                    link.breakDown();
                }
            }));
        }

        int lastEpoch() {
            return log.isEmpty() ? -1 : log.getLast().epoch();
        }

        void truncate(int end) {
            while (log.size() > end) {
                log.removeLast();
            }
            synced = Math.min(synced, end);
        }

        void catchUp() {
            if (known < images.size() - 1) {
                known++;
                follow();
            }
        }

        private void follow() {
            PartitionImage is = partition(images.get(known));
            if (is == null) {
                return;
            }
            if (!is.replicas().contains(id)) {
                delete();
                return;
            }
            if (is.leaderEpoch() > epoch) {
                epoch = is.leaderEpoch();
                outgoing.forEach(link -> link.follower.leave(ID, link::toLeader));
                if (is.leader() == id) {
                    epochStart = log.size();
                    leading = new IsrCore(id, is, minIsr, LAG_MS, epochStart, highWatermark, nowMs);
                    leading.written(epochStart, nowMs);
                } else {
                    leading = null;
                    if (is.leader() != PartitionImage.NO_LEADER) {
                        Link link = link(is.leader());
                        link.follower.follow(ID, topicId(), epoch, log.size(), lastEpoch(), link::toLeader);
                    }
                }
                changed();
            } else if (leading != null) {
                leading.become(is);
            }
            expose();
        }

        /// It is no replica any more.
        private void delete() {
            outgoing.forEach(link -> link.follower.leave(ID, link::toLeader));
            log.clear();
            synced = 0;
            epoch = -1;
            highWatermark = 0;
            leading = null;
            changed();
        }

        private UUID topicId() {
            return requireNonNull(images.get(known).topic(ID.topic())).id();
        }

        Link link(int other) {
            return outgoing.stream().filter(link -> link.to.id == other).findFirst().orElseThrow();
        }

        /// Those links on which others follow this broker hear of it.
        void changed() {
            nodes.forEach(other -> other.outgoing.forEach(link -> {
                if (link.to == this && link.followers != null) {
                    link.followers.changed(ID);
                    link.followers.turnEnded(link::toFollower);
                }
            }));
        }

        void write() {
            if (alive && leading != null) {
                log.add(new Item(epoch, ++numbers));
                leading.written(log.size(), nowMs);
                changed();
                expose();
            }
        }

        /// What a leader holds for committed.
        void expose() {
            if (leading == null) {
                return;
            }
            long before = highWatermark;
            if (leading.highWatermark() > highWatermark) {
                highWatermark = leading.highWatermark();
                changed();
            }
            for (int i = (int) before; i < highWatermark; i++) {
                if (i >= log.size()) {
                    throw new AssertionError("broker " + id + " exposes more than it has");
                }
                if (i == committed.size()) {
                    committed.add(log.get(i));
                } else if (!committed.get(i).equals(log.get(i))) {
                    throw new AssertionError("broker " + id + " exposes " + log.get(i) + " at " + i + " where "
                            + committed.get(i) + " is committed");
                }
            }
        }

        void wish() {
            if (!alive || leading == null) {
                return;
            }
            IsrCore asking = leading;
            IsrCore.Wish wish = asking.wish(nowMs, _ -> true);
            expose();
            if (wish == null) {
                return;
            }
            ClusterImage image = images.get(known);
            List<InSync> members = wish.isr().stream()
                    .map(member -> new InSync(member, requireNonNull(image.brokers().get(member)).epoch())).toList();
            IsrWish sent = new IsrWish(topicId(), 0, epoch, wish.partitionEpoch(), members, false);
            long asLife = life;
            onTheWayToController.add(() -> {
                IsrOutcome outcome = decide(new ChangeIsr(id, asLife, List.of(sent))).getFirst();
                if (outcome.error() != ErrorCode.NONE && leading == asking && random.nextInt(4) != 0) {
                    asking.refused(wish, nowMs);
                    expose();
                }
            });
        }

        LedLog.End endOf(int asked) {
            int latest = leading != null ? epoch : lastEpoch();
            if (asked > latest) {
                return new LedLog.End(-1, -1);
            }
            int end = log.size();
            if (asked == latest) {
                return new LedLog.End(asked, end);
            }
            if (leading != null) {
                end = epochStart;
            }
            while (end > 0 && log.get(end - 1).epoch() > asked) {
                end--;
            }
            return end == 0 ? new LedLog.End(asked, 0) : new LedLog.End(log.get(end - 1).epoch(), end);
        }
    }

    // ---- between two of them

    /// The stream on which one broker follows another, and the cores at its ends.
    private final class Link {
        private final Node from;
        private final Node to;
        private final FollowerCore follower = new FollowerCore(8 * ITEM_BYTES, _ -> List.of());
        private @Nullable FollowersCore followers;
        private final ArrayDeque<FollowMessage.ToLeader> up = new ArrayDeque<>();
        private final ArrayDeque<FollowMessage.ToFollower> down = new ArrayDeque<>();

        Link(Node from, Node to) {
            this.from = from;
            this.to = to;
        }

        boolean joins(Node node) {
            return from == node || to == node;
        }

        void connect() {
            if (followers != null || !from.alive || !to.alive) {
                return;
            }
            followers = new FollowersCore(new FollowersCore.Led() {
                @Override
                public @Nullable LedLog of(UUID topicId, int partition) {
                    return of(ID);
                }

                @Override
                public @Nullable LedLog of(TopicPartition id) {
                    IsrCore leading = to.leading;
                    return leading == null || !leading.isReplica(from.id) ? null : new LedLog(
                            ID, to.epoch, 0, to.log.size(), leading.highWatermark(), false,
                            to, to::endOf, _ -> true);
                }
            }, _ -> random.nextBoolean());
            follower.linked(this::toLeader);
        }

        void breakDown() {
            if (followers == null) {
                return;
            }
            followers = null;
            up.clear();
            down.clear();
            follower.unlinked();
            if (to.leading != null) {
                to.leading.lost(from.id, nowMs);
                to.expose();
            }
        }

        /// What was on its way arrives up to some point, and then nothing more.
        void breakLate() {
            for (int i = random.nextInt(4); i > 0 && followers != null; i--) {
                deliver();
            }
            breakDown();
        }

        void deliver() {
            if (followers == null) {
                return;
            }
            if (!up.isEmpty() && (down.isEmpty() || random.nextBoolean())) {
                requireNonNull(followers).received(up.poll(), this::toFollower);
                requireNonNull(followers).turnEnded(this::toFollower);
            } else if (!down.isEmpty()) {
                follower.received(down.poll(), nowMs, this::toLeader);
                if (random.nextInt(3) != 0) {
                    follower.turnEnded(this::toLeader);
                }
            }
        }

        void tick() {
            follower.tick(nowMs, this::toLeader);
            if (followers != null) {
                follower.turnEnded(this::toLeader);
                followers.turnEnded(this::toFollower);
            }
        }

        void toLeader(FollowerEffect effect) {
            switch (effect) {
                case FollowerEffect.Send(FollowMessage.ToLeader message) -> {
                    if (followers != null) {
                        up.add(message);
                    }
                }
                case FollowerEffect.Append(_, ByteBuffer bytes, long next) -> {
                    while (bytes.hasRemaining()) {
                        from.log.add(new Item(bytes.getInt(), bytes.getInt()));
                    }
                    if (from.log.size() != next) {
                        throw new AssertionError("appended up to " + from.log.size() + ", not " + next);
                    }
                    follower.appended(ID, next, from.lastEpoch());
                }
                case FollowerEffect.Advance(_, long highWatermark, _) -> {
                    from.highWatermark = Math.max(from.highWatermark, highWatermark);
                    if (!sameBelow(from.log, (int) from.highWatermark)) {
                        throw new AssertionError("follower " + from.id + " shows what is not committed, below "
                                + from.highWatermark);
                    }
                }
                case FollowerEffect.SyncAtOnce _ -> throw new AssertionError("no leader asks for it");
                case FollowerEffect.Truncate(_, int epoch, long end) -> {
                    if (end < 0) {
                        throw new AssertionError("a leader knows of all epochs that came before its own");
                    }
                    from.truncate((int) Math.min(end, from.endOf(epoch).epoch() < 0
                            ? from.log.size() : from.endOf(epoch).offset()));
                    follower.truncated(ID, from.log.size(), from.lastEpoch(), this::toLeader);
                }
                case FollowerEffect.BeginAnew(_, long logStart) ->
                    throw new AssertionError("no log begins behind 0, not at " + logStart);
            }
        }

        void toFollower(FollowersEffect effect) {
            switch (effect) {
                case FollowersEffect.Send(FollowMessage.ToFollower message) -> {
                    if (followers != null) {
                        down.add(message);
                    }
                }
                case FollowersEffect.Paced() -> throw new AssertionError("nothing is slowed down");
                case FollowersEffect.Acknowledged(_, long end, _) -> {
                    if (to.leading != null) {
                        to.leading.acknowledged(from.id, end, nowMs);
                        to.expose();
                    }
                }
                case FollowersEffect.Read(int slot, _, long at, _) -> {
                    int next = Math.min(to.log.size(), (int) at + 1 + random.nextInt(3));
                    ByteBuffer bytes = ByteBuffer.allocate((next - (int) at) * ITEM_BYTES);
                    to.log.subList((int) at, next).forEach(item -> bytes.putInt(item.epoch()).putInt(item.number()));
                    requireNonNull(followers).read(slot, at, next, bytes.flip(), this::toFollower);
                }
            }
        }
    }

    // ---- what happens

    void run(int steps) {
        for (int i = 0; i < steps && !isLost; i++) {
            step();
            check();
        }
    }

    private void step() {
        if (moving && random.nextInt(60) == 0) {
            move();
            nodes.forEach(each -> each.outgoing.forEach(Link::connect));
        }
        Node node = nodes.get(random.nextInt(nodes.size()));
        Link link = node.outgoing.get(random.nextInt(node.outgoing.size()));
        switch (random.nextInt(40)) {
            case 0, 1, 2 -> node.write();
            case 3, 4 -> node.wish();
            case 5, 6, 7 -> {
                if (node.alive) {
                    node.catchUp();
                }
            }
            case 8 -> {
                if (!onTheWayToController.isEmpty()) {
                    onTheWayToController.remove(random.nextInt(onTheWayToController.size())).run();
                }
            }
            case 9 -> node.synced = node.log.size();
            case 10 -> nowMs += random.nextInt(400);
            case 11 -> nodes.forEach(each -> each.outgoing.forEach(Link::tick));
            case 12 -> link.connect();
            case 13 -> {
                if (random.nextInt(10) == 0) {
                    link.breakLate();
                }
            }
            case 14 -> {
                if (random.nextInt(6) == 0) {
                    decide(new FenceBroker(node.id, node.life));
                }
            }
            case 15 -> {
                if (node.alive) {
                    decide(new UnfenceBroker(node.id, node.life));
                }
            }
            case 16 -> end(node);
            default -> (moving ? busy(link) : link).deliver();
        }
    }

    /// Most of the links of four brokers have nothing to deliver at any time.
    private Link busy(Link otherwise) {
        List<Link> busy = nodes.stream().flatMap(node -> node.outgoing.stream())
                .filter(link -> !link.up.isEmpty() || !link.down.isEmpty()).toList();
        return busy.isEmpty() ? otherwise : busy.get(random.nextInt(busy.size()));
    }

    private void move() {
        switch (random.nextInt(30)) {
            case 0 -> wish(null);
            case 1, 2, 3 -> {
                List<Integer> all = new ArrayList<>(nodes.stream().map(node -> node.id).toList());
                Collections.shuffle(all, random);
                wish(all.subList(0, 1 + random.nextInt(3)));
            }
            default -> decide(new AdvanceReassignments());
        }
    }

    private void wish(@Nullable List<Integer> to) {
        decide(new AlterReassignments(true, List.of(new ReassignmentWish(ID, to))));
    }

    private void end(Node node) {
        if (!node.alive) {
            node.start();
        } else if (random.nextInt(15) == 0) {
            node.stop(random.nextInt(4) == 0);
        }
    }

    // ---- promises

    /// I04: logs that agree about one record agree about all before it, and an epoch's records are one leader's.
    private void check() {
        for (Node a : nodes) {
            for (Node b : nodes) {
                boolean agreeAbove = false;
                for (int i = Math.min(a.log.size(), b.log.size()) - 1; i >= 0; i--) {
                    boolean same = a.log.get(i).equals(b.log.get(i));
                    if (!same && (agreeAbove || a.log.get(i).epoch() == b.log.get(i).epoch())) {
                        throw new AssertionError("brokers " + a.id + " and " + b.id + " differ at " + i + ": "
                                + a.log.get(i) + " and " + b.log.get(i));
                    }
                    agreeAbove = same;
                }
            }
        }
    }
}
