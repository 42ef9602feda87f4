package io.chapar.simulator;

import io.chapar.broker.metadata.TopicImage;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.message.ShareAcknowledgeRequest;
import io.chapar.protocol.message.ShareAcknowledgeRequest.AcknowledgePartition;
import io.chapar.protocol.message.ShareAcknowledgeRequest.AcknowledgeTopic;
import io.chapar.protocol.message.ShareAcknowledgeResponse;
import io.chapar.protocol.message.ShareFetchRequest;
import io.chapar.protocol.message.ShareFetchRequest.FetchPartition;
import io.chapar.protocol.message.ShareFetchRequest.FetchTopic;
import io.chapar.protocol.message.ShareFetchRequest.ForgottenTopic;
import io.chapar.protocol.message.ShareFetchResponse;
import io.chapar.transport.Node;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.random.RandomGenerator;

/// What a member of a share group reads from one leader: one session, one request at a time.
final class ShareReading {
    private static final byte ACCEPT = 1;
    private static final byte RELEASE = 2;
    private static final byte REJECT = 3;
    private static final byte RENEW = 4;
    private static final int FINAL = -1;
    private static final int MAX_WAIT_MS = 300;
    private static final int MAX_BYTES = 1 << 20;

    private final ShareGroupMember member;
    private final GroupCalls calls;
    private final Node leader;
    private final RandomGenerator random;
    private SortedSet<TopicPartition> wanted = new TreeSet<>();
    /// What the session has, by ids, so that what is gone can be left.
    private final SortedMap<TopicPartition, UUID> reads = new TreeMap<>();
    /// What is to be said of offsets.
    private final SortedMap<TopicPartition, SortedMap<Long, Byte>> unsaid = new TreeMap<>();
    private int epoch;
    private boolean busy;
    /// Grows with each session: what is thought of records of the one before is not said any more.
    private int sessions;

    ShareReading(ShareGroupMember member, GroupCalls calls, Node leader) {
        this.member = member;
        this.calls = calls;
        this.leader = leader;
        random = member.random();
    }

    void reads(SortedSet<TopicPartition> partitions) {
        wanted = partitions;
        go();
    }

    private void go() {
        if (busy || member.hasEnded(calls) || (wanted.isEmpty() && reads.isEmpty())) {
            return;
        }
        if (epoch == 0) {
            reads.clear();
            unsaid.clear();
            sessions++;
        }
        boolean renews = unsaid.values().stream().anyMatch(some -> some.containsValue(RENEW));
        busy = true;
        if (!unsaid.isEmpty() && (renews || random.nextBoolean())) {
            acknowledge(renews);
        } else {
            fetch();
        }
    }

    void end() {
        if (!busy && epoch > 0 && random.nextBoolean()) {
            calls.ask(leader, ShareAcknowledgeRequest.builder().groupId(ModernGroup.ID).memberId(member.memberId())
                    .shareSessionEpoch(FINAL).topics(List.of()).build(), response -> { });
        }
    }

    // ---- requests

    private void acknowledge(boolean renews) {
        List<AcknowledgeTopic> topics = new ArrayList<>();
        takeUnsaid().forEach((partition, said) -> {
            UUID id = reads.get(partition);
            if (id != null) {
                topics.add(new AcknowledgeTopic(id, List.of(new AcknowledgePartition(partition.partition(),
                        said.entrySet().stream().map(one -> new ShareAcknowledgeRequest.AcknowledgementBatch(
                                one.getKey(), one.getKey(), List.of(one.getValue()))).toList()))));
            }
        });
        calls.ask(leader, ShareAcknowledgeRequest.builder().groupId(ModernGroup.ID).memberId(member.memberId())
                .shareSessionEpoch(epoch).isRenewAck(renews).topics(topics).build(), this::answered);
    }

    private SortedMap<TopicPartition, SortedMap<Long, Byte>> takeUnsaid() {
        SortedMap<TopicPartition, SortedMap<Long, Byte>> taken = new TreeMap<>(unsaid);
        unsaid.clear();
        return taken;
    }

    private void fetch() {
        SortedMap<TopicPartition, SortedMap<Long, Byte>> said = takeUnsaid();
        List<FetchTopic> topics = new ArrayList<>();
        for (TopicPartition one : wanted) {
            TopicImage topic = member.cluster().image().topic(one.topic());
            if (!reads.containsKey(one) && topic != null) {
                reads.put(one, topic.id());
                topics.add(new FetchTopic(topic.id(),
                        List.of(new FetchPartition(one.partition(), 0, List.of()))));
            }
        }
        List<ForgottenTopic> forgotten = new ArrayList<>();
        for (Map.Entry<TopicPartition, UUID> one : new TreeMap<>(reads).entrySet()) {
            if (!wanted.contains(one.getKey())) {
                reads.remove(one.getKey());
                forgotten.add(new ForgottenTopic(one.getValue(), List.of(one.getKey().partition())));
            } else if (said.containsKey(one.getKey())) {
                topics.add(new FetchTopic(one.getValue(), List.of(new FetchPartition(one.getKey().partition(),
                        0, said.get(one.getKey()).entrySet().stream().map(each ->
                                new ShareFetchRequest.AcknowledgementBatch(each.getKey(), each.getKey(),
                                        List.of(each.getValue()))).toList()))));
            }
        }
        calls.ask(leader, ShareFetchRequest.builder().groupId(ModernGroup.ID).memberId(member.memberId())
                .shareSessionEpoch(epoch).maxWaitMs(MAX_WAIT_MS).minBytes(1).maxBytes(MAX_BYTES)
                .maxRecords(1 + random.nextInt(40)).batchSize(1 + random.nextInt(40))
                .shareAcquireMode((byte) random.nextInt(2)).topics(topics).forgottenTopicsData(forgotten).build(),
                this::answered);
    }

    // ---- answers

    private void answered(@Nullable Response response) {
        busy = false;
        if (member.hasEnded(calls)) {
            return;
        }
        short error = switch (response) {
            case ShareFetchResponse answer -> answer.errorCode();
            case ShareAcknowledgeResponse answer -> answer.errorCode();
            case null, default -> -1;
        };
        if (error != 0) {
            epoch = 0;
            member.later(5, 100, this::go);
            return;
        }
        epoch++;
        if (response instanceof ShareFetchResponse answer) {
            answer.responses().forEach(topic -> topic.partitions().forEach(part -> {
                part.acquiredRecords().forEach(one -> take(topic.topicId(), part.partitionIndex(), one));
            }));
        }
        member.later(0, 20, this::go);
    }

    private void take(UUID topicId, int number, ShareFetchResponse.AcquiredRecords acquired) {
        TopicNames.named(member.cluster(), topicId, List.of(number)).forEach(partition -> {
            for (long offset = acquired.firstOffset(); offset <= acquired.lastOffset(); offset++) {
                think(partition, offset);
            }
        });
    }

    private void think(TopicPartition partition, long offset) {
        switch (random.nextInt(40)) {
            case 0 -> { }
            case 1, 2, 3 -> say(partition, offset, RELEASE, 300);
            case 4 -> say(partition, offset, REJECT, 100);
            case 5 -> {
                say(partition, offset, RENEW, ModernGroup.LOCK_MS / 2);
                say(partition, offset, ACCEPT, 2 * ModernGroup.LOCK_MS);
            }
            case 6 -> say(partition, offset, ACCEPT, 2 * ModernGroup.LOCK_MS);
            default -> say(partition, offset, ACCEPT, 30);
        }
    }

    private void say(TopicPartition partition, long offset, byte what, int mostMs) {
        int then = sessions;
        member.later(what == RENEW ? mostMs / 2 : 0, mostMs, () -> {
            if (then == sessions && reads.containsKey(partition)) {
                unsaid.computeIfAbsent(partition, _ -> new TreeMap<>()).put(offset, what);
                go();
            }
        });
    }
}
