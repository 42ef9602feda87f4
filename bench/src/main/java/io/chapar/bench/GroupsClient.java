package io.chapar.bench;

import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.ResponseHeader;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// Members of many groups of one, and of one group of many, on one thread: how long their heartbeats take while nothing
/// else happens, and how long what a member held belongs to nobody after it has left. A process of its own:
/// `GroupsClient BOOTSTRAP FEW MANY GROUPS MEMBERS EVERY-MS MS LEAVING`, where each group of one reads topic FEW and
/// the other one topic MANY with a partition for each member.
///
/// Heartbeats leave every EVERY-MS whatever the coordinator asks for (5 s by default): nobody hears of a partition
/// but in the answer to one.
final class GroupsClient {
    private static final String LARGE = "bench-large-group";
    private static final long GIVE_UP_NS = TimeUnit.SECONDS.toNanos(120);
    private static final long QUIET_NS = TimeUnit.SECONDS.toNanos(2);
    private static final long AGAIN_MS = 200;
    private static final double NS_PER_MS = 1e6;

    private final Selector selector;
    private final long everyNs;
    private final List<GroupMember> all = new ArrayList<>();
    private final List<GroupMember> large = new ArrayList<>();
    private final PriorityQueue<GroupMember> due = new PriorityQueue<>(Comparator.comparingLong(GroupMember::dueNs));
    private final Latencies latencies = new Latencies();
    private boolean isCounting;

    private GroupsClient(Selector selector, long everyNs) {
        this.selector = selector;
        this.everyNs = everyNs;
    }

    public static void main(String[] args) throws Exception {
        int groups = Integer.parseInt(args[3]);
        int members = Integer.parseInt(args[4]);
        try (Selector selector = Selector.open()) {
            GroupsClient client = new GroupsClient(selector, TimeUnit.MILLISECONDS.toNanos(Long.parseLong(args[5])));
            client.connect(args[0], args[1], args[2], groups, members);
            long joinNs = System.nanoTime();
            client.startHeartbeats();
            client.runUntil(() -> client.isSettled(members));
            System.out.println("settled " + (System.nanoTime() - joinNs) / NS_PER_MS);
            long countedNs = TimeUnit.MILLISECONDS.toNanos(Long.parseLong(args[6]));
            client.count(countedNs);
            client.leave(Integer.parseInt(args[7]), members, Math.min(countedNs, QUIET_NS));
            for (GroupMember member : client.all) {
                member.close();
            }
        }
    }

    private void connect(String bootstrap, String few, String many, int groups, int members) throws Exception {
        InetSocketAddress first = address(bootstrap.split(",", 2)[0]);
        for (int i = 0; i < groups; i++) {
            String group = "bench-group-" + i;
            all.add(GroupMember.connect(coordinator(first, group), selector, group, few));
        }
        InetSocketAddress coordinator = coordinator(first, LARGE);
        for (int i = 0; i < members; i++) {
            large.add(GroupMember.connect(coordinator, selector, LARGE, many));
        }
        all.addAll(large);
    }

    private static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        return new InetSocketAddress(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }

    /// Asks until there is one.
    private static InetSocketAddress coordinator(InetSocketAddress broker, String group) throws Exception {
        short version = ApiKeys.FIND_COORDINATOR.latestVersion();
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < GIVE_UP_NS) {
            try (Socket socket = new Socket(broker.getAddress(), broker.getPort())) {
                ByteBuffer request = new FindCoordinatorRequest.Builder(new FindCoordinatorRequestData()
                        .setKeyType(FindCoordinatorRequest.CoordinatorType.GROUP.id())
                        .setCoordinatorKeys(List.of(group))).build(version)
                        .serializeWithHeader(new RequestHeader(ApiKeys.FIND_COORDINATOR, version, "bench", 1));
                byte[] frame = new byte[Integer.BYTES + request.remaining()];
                ByteBuffer.wrap(frame).putInt(request.remaining()).put(request);
                socket.getOutputStream().write(frame);
                DataInputStream input = new DataInputStream(socket.getInputStream());
                ByteBuffer answer = ByteBuffer.wrap(input.readNBytes(input.readInt()));
                ResponseHeader.parse(answer, ApiKeys.FIND_COORDINATOR.responseHeaderVersion(version));
                FindCoordinatorResponseData.Coordinator found = new FindCoordinatorResponseData(
                        new ByteBufferAccessor(answer), version).coordinators().getFirst();
                if (found.errorCode() == 0) {
                    return new InetSocketAddress(found.host(), found.port());
                }
            }
            Thread.sleep(AGAIN_MS);
        }
        throw new BenchFailure("There is no coordinator for group " + group + ".");
    }

    /// Evenly over the time between two.
    private void startHeartbeats() {
        long now = System.nanoTime();
        for (int i = 0; i < all.size(); i++) {
            all.get(i).dueAt(now + i * everyNs / all.size());
        }
        due.addAll(all);
    }

    private void count(long ns) throws IOException {
        isCounting = true;
        System.out.println(ToolOutput.BEGIN);
        runFor(ns);
        System.out.println(ToolOutput.END);
        isCounting = false;
        System.out.println("count " + latencies.count());
        System.out.println("p50 " + latencies.percentileMs(0.50));
        System.out.println("p99 " + latencies.percentileMs(0.99));
        System.out.println("max " + latencies.percentileMs(1));
    }

    /// @param quietNs before each; coordinators leave a second between two assignments
    private void leave(int leaving, int partitions, long quietNs) throws IOException {
        Latencies healings = new Latencies();
        for (int i = 0; i < leaving; i++) {
            runFor(quietNs);
            GroupMember leaver = large.removeLast();
            runUntil(() -> !leaver.isWaiting());
            due.remove(leaver);
            all.remove(leaver);
            leaver.leave();
            runUntil(() -> !leaver.isWaiting());
            due.remove(leaver);
            leaver.close();
            runUntil(() -> isSettled(partitions));
            healings.add(System.nanoTime() - leaver.sentNs());
        }
        System.out.println("healed.p50 " + healings.percentileMs(0.50));
        System.out.println("healed.max " + healings.percentileMs(1));
    }

    /// Whether every group's partitions all have one owner.
    private boolean isSettled(int partitions) {
        BitSet held = new BitSet(partitions);
        int owners = 0;
        for (GroupMember member : large) {
            owners += member.owned().size();
            member.owned().forEach(held::set);
        }
        return owners == partitions && held.cardinality() == partitions
                && all.stream().noneMatch(member -> member.owned().isEmpty());
    }

    private void runFor(long ns) throws IOException {
        long end = System.nanoTime() + ns;
        runUntil(() -> System.nanoTime() - end >= 0);
    }

    private void runUntil(BooleanSupplier isDone) throws IOException {
        long begin = System.nanoTime();
        while (!isDone.getAsBoolean()) {
            if (System.nanoTime() - begin > GIVE_UP_NS) {
                throw new BenchFailure("The groups were not settled after two minutes.");
            }
            sendWhatIsDue();
            GroupMember next = due.peek();
            long waitMs = next == null ? 1 : Math.clamp((next.dueNs() - System.nanoTime()) / 1_000_000, 0, 10);
            if (waitMs == 0) {
                selector.selectNow(this::answered);
            } else {
                selector.select(this::answered, waitMs);
            }
        }
    }

    private void sendWhatIsDue() throws IOException {
        long now = System.nanoTime();
        for (GroupMember member = due.peek(); member != null && member.dueNs() - now <= 0; member = due.peek()) {
            due.remove();
            member.heartbeat();
        }
    }

    /// A member that waits for an answer is not due; with it, it becomes due again, at once if it has news.
    private void answered(SelectionKey key) {
        GroupMember member = (GroupMember) key.attachment();
        try {
            if (member.read()) {
                long now = System.nanoTime();
                if (isCounting) {
                    latencies.add(now - member.sentNs());
                }
                member.dueAt(member.hasNews() ? now : Math.max(member.sentNs() + everyNs, now));
                due.add(member);
            }
        } catch (IOException e) {
            throw new BenchFailure("The connection of a member of " + member.group() + " failed: " + e.getMessage(), e);
        }
    }
}
