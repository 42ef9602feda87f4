package io.chapar.bench;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.ResponseHeader;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

import static java.util.Objects.requireNonNull;

/// A member of a consumer group (KIP-848) that does nothing but heartbeats, as stock consumers do them: all that it is
/// about when it joins, what it holds when that has changed, else its epoch alone. It gives up at once what it is
/// told to. A connection of its own; all members belong to one thread.
final class GroupMember implements AutoCloseable {
    private static final short VERSION = ApiKeys.CONSUMER_GROUP_HEARTBEAT.latestVersion();
    private static final int REBALANCE_TIMEOUT_MS = 60_000;
    private static final int MOST_BYTES = 1 << 20;
    private static final int LEAVES = -1;

    private final String group;
    private final String topic;
    private final String id = Uuid.randomUuid().toString();
    private final SocketChannel channel;
    private ByteBuffer input = ByteBuffer.allocate(1024);
    private int correlation;
    private int epoch;
    private @Nullable Uuid topicId;
    private SortedSet<Integer> owned = new TreeSet<>();
    /// What it holds has changed, and the coordinator has not been told yet.
    private boolean hasNews;
    private boolean isWaiting;
    private long sentNs;
    private long dueNs;

    private GroupMember(String group, String topic, SocketChannel channel) {
        this.group = group;
        this.topic = topic;
        this.channel = channel;
    }

    static GroupMember connect(InetSocketAddress coordinator, Selector selector, String group, String topic)
            throws IOException {
        SocketChannel channel = SocketChannel.open(coordinator);
        channel.configureBlocking(false);
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        GroupMember member = new GroupMember(group, topic, channel);
        channel.register(selector, SelectionKey.OP_READ, member);
        return member;
    }

    String group() {
        return group;
    }

    /// Partitions of its topic, as far as it has been told.
    SortedSet<Integer> owned() {
        return owned;
    }

    boolean isWaiting() {
        return isWaiting;
    }

    /// When its last heartbeat left.
    long sentNs() {
        return sentNs;
    }

    /// When its next heartbeat should leave.
    long dueNs() {
        return dueNs;
    }

    void dueAt(long ns) {
        dueNs = ns;
    }

    void heartbeat() throws IOException {
        ConsumerGroupHeartbeatRequestData data = new ConsumerGroupHeartbeatRequestData().setGroupId(group)
                .setMemberId(id).setMemberEpoch(epoch);
        if (epoch == 0) {
            data.setRebalanceTimeoutMs(REBALANCE_TIMEOUT_MS).setSubscribedTopicNames(List.of(topic))
                    .setTopicPartitions(List.of());
        } else if (hasNews) {
            data.setTopicPartitions(owned.isEmpty() ? List.of()
                    : List.of(new ConsumerGroupHeartbeatRequestData.TopicPartitions()
                            .setTopicId(requireNonNull(topicId, "told with its partitions"))
                            .setPartitions(List.copyOf(owned))));
        }
        hasNews = false;
        send(data);
    }

    void leave() throws IOException {
        epoch = LEAVES;
        send(new ConsumerGroupHeartbeatRequestData().setGroupId(group).setMemberId(id).setMemberEpoch(epoch));
    }

    private void send(ConsumerGroupHeartbeatRequestData data) throws IOException {
        ByteBuffer request = new ConsumerGroupHeartbeatRequest.Builder(data).build(VERSION).serializeWithHeader(
                new RequestHeader(ApiKeys.CONSUMER_GROUP_HEARTBEAT, VERSION, "bench", ++correlation));
        ByteBuffer[] frame = {ByteBuffer.allocate(Integer.BYTES).putInt(request.remaining()).flip(), request};
        isWaiting = true;
        sentNs = System.nanoTime();
        while (request.hasRemaining()) {
            channel.write(frame); // a request is far smaller than a socket's buffer: it does not spin
        }
    }

    /// Reads what has come.
    ///
    /// @return whether that was an answer
    boolean read() throws IOException {
        if (channel.read(input) < 0) {
            throw new BenchFailure("A broker closed the connection of a member of " + group + ".");
        }
        if (input.position() < Integer.BYTES) {
            return false;
        }
        int length = input.getInt(0);
        if (length < 0 || length > MOST_BYTES) {
            throw new BenchFailure("A broker answered a heartbeat with " + length + " bytes.");
        }
        if (input.position() < Integer.BYTES + length) {
            if (input.capacity() < Integer.BYTES + length) {
                input = ByteBuffer.allocate(Integer.BYTES + length).put(input.flip());
            }
            return false;
        }
        ByteBuffer frame = input.flip().position(Integer.BYTES);
        ResponseHeader.parse(frame, ApiKeys.CONSUMER_GROUP_HEARTBEAT.responseHeaderVersion(VERSION));
        take(new ConsumerGroupHeartbeatResponseData(new ByteBufferAccessor(frame), VERSION));
        input.clear();
        isWaiting = false;
        return true;
    }

    /// Whether the coordinator waits for what it holds now.
    boolean hasNews() {
        return hasNews;
    }

    private void take(ConsumerGroupHeartbeatResponseData answer) {
        Errors error = Errors.forCode(answer.errorCode());
        boolean isEarly = error == Errors.COORDINATOR_LOAD_IN_PROGRESS || error == Errors.COORDINATOR_NOT_AVAILABLE
                || error == Errors.NOT_COORDINATOR;
        if (isEarly && epoch == 0) {
            return;
        }
        if (error != Errors.NONE) {
            throw new BenchFailure("A member of " + group + " got " + error + ": " + answer.errorMessage());
        }
        if (epoch == LEAVES) {
            owned = new TreeSet<>();
            return;
        }
        epoch = answer.memberEpoch();
        if (answer.assignment() != null) {
            SortedSet<Integer> assigned = new TreeSet<>();
            answer.assignment().topicPartitions().forEach(one -> {
                topicId = one.topicId();
                assigned.addAll(one.partitions());
            });
            owned = assigned;
            hasNews = true;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
