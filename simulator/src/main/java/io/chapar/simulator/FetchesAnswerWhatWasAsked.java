package io.chapar.simulator;

import io.chapar.broker.metadata.TopicImage;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.message.FetchRequest;
import io.chapar.protocol.message.FetchResponse;
import io.chapar.protocol.message.Response;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;
import org.jspecify.annotations.Nullable;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/// A fetch gives records of the partitions that its reader wants, from where it wants them, whether the request names
/// them or its session does; and what a session is asked comes in order, once, through the loop where it began. Through
/// another loop nobody is answered, since the session is not known there, and what was asked so changes nothing: the
/// first of two copies of a fetch may come that way, and the second is the session's next.
///
/// No leader calls an offset out of range that some leader had shown when it was asked for, though it may itself not
/// have come so far, or not have heard that it leads no more: the reader would go back to the beginning. Who stands
/// there loses nothing.
final class FetchesAnswerWhatWasAsked extends Promise {
    private static final int FINAL_EPOCH = -1;

    private record Key(String topic, UUID topicId, int partition) {}

    /// @param epoch of the last record that the reader has; -1 where it does not say
    private record Wanted(long from, int epoch) {}

    private static final class Session {
        private final int loop;
        private final Map<Key, Wanted> wanted;
        private int nextEpoch = 1;

        Session(int loop, Map<Key, Wanted> wanted) {
            this.loop = loop;
            this.wanted = new LinkedHashMap<>(wanted);
        }
    }

    /// What is to be answered; nothing is where the request is not the session's next one.
    ///
    /// @param shown what leaders had shown of the partitions, where they have several replicas
    private record Asked(@Nullable Map<Key, Wanted> wanted, Map<Key, Shown> shown) {}

    private record Shown(GhostLog log, long end) {}

    /// By broker, then id.
    private final Map<Integer, Map<Integer, Session>> brokers = new TreeMap<>();

    FetchesAnswerWhatWasAsked() {
        super("A fetch answers what was asked, in the order asked");
    }

    private Map<Integer, Session> sessions(SimulatedBroker broker) {
        return brokers.computeIfAbsent(broker.nodeId(), _ -> new TreeMap<>());
    }

    @Override
    void asked(SimulatedBroker broker, ServerConnection.Exchange exchange) {
        if (!(exchange.request() instanceof FetchRequest request)) {
            return;
        }
        int epoch = request.sessionEpoch();
        if (epoch == 0 || epoch == FINAL_EPOCH) {
            exchange.memo(asked(broker, named(request)));
            return;
        }
        Session session = sessions(broker).get(request.sessionId());
        if (session == null) {
            return;
        }
        if (exchange.loop() != session.loop || epoch != session.nextEpoch) {
            exchange.memo(new Asked(null, Map.of()));
            return;
        }
        session.nextEpoch++;
        session.wanted.putAll(named(request));
        request.forgottenTopicsData().forEach(topic -> topic.partitions()
                .forEach(partition -> session.wanted.remove(new Key(topic.topic(), topic.topicId(), partition))));
        exchange.memo(asked(broker, new LinkedHashMap<>(session.wanted)));
    }

    private Asked asked(SimulatedBroker broker, Map<Key, Wanted> wanted) {
        Map<Key, Shown> shown = new LinkedHashMap<>();
        if (ghosts().swarm().replicated()) {
            wanted.keySet().forEach(key -> {
                GhostLog log = log(broker, key);
                if (log != null) {
                    shown.put(key, new Shown(log, log.end()));
                }
            });
        }
        return new Asked(wanted, shown);
    }

    /// Of the topic that has the name there, as far as the broker knows.
    private @Nullable GhostLog log(SimulatedBroker broker, Key key) {
        TopicImage topic = key.topic().isEmpty() ? broker.image().topic(key.topicId())
                : broker.image().topic(key.topic());
        return topic == null ? null : ghosts().log(broker.cluster(), topic.id(), key.partition());
    }

    private static Map<Key, Wanted> named(FetchRequest request) {
        Map<Key, Wanted> named = new LinkedHashMap<>();
        request.topics().forEach(topic -> topic.partitions().forEach(one -> named.putIfAbsent(
                new Key(topic.topic(), topic.topicId(), one.partition()),
                new Wanted(one.fetchOffset(), one.lastFetchedEpoch()))));
        return named;
    }

    @Override
    void answered(SimulatedBroker broker, ServerConnection.Exchange exchange, Response response) {
        if (!(response instanceof FetchResponse answer) || !(exchange.request() instanceof FetchRequest request)
                || !(exchange.memo() instanceof Asked asked)) {
            return;
        }
        if (answer.errorCode() != 0) {
            return;
        }
        if (asked.wanted() == null) {
            breach(broker.name() + " answered fetch " + request.sessionEpoch() + " of session " + request.sessionId()
                    + ", which was not its next");
            return;
        }
        if (request.sessionEpoch() == 0 && answer.sessionId() != 0) {
            sessions(broker).put(answer.sessionId(), new Session(exchange.loop(), asked.wanted()));
        }
        for (FetchResponse.FetchableTopicResponse topic : answer.responses()) {
            for (FetchResponse.PartitionData data : topic.partitions()) {
                Key key = new Key(topic.topic(), topic.topicId(), data.partitionIndex());
                Wanted wanted = asked.wanted().get(key);
                if (wanted == null) {
                    breach(broker.name() + " answered " + key + ", which nobody asked for");
                } else if (data.errorCode() == ErrorCode.OFFSET_OUT_OF_RANGE.code()) {
                    checkRange(broker, key, wanted, asked);
                } else if (data.records() instanceof BufferRecords records) {
                    check(broker, key, wanted.from(), records);
                }
            }
        }
    }

    private void checkRange(SimulatedBroker broker, Key key, Wanted wanted, Asked asked) {
        Shown shown = asked.shown().get(key);
        if (shown == null || !shown.log().equals(log(broker, key))) {
            return;
        }
        GhostLog log = shown.log();
        SeenReplica replica = log.at(broker);
        long from = wanted.from();
        // Who has had records of a later epoch than any of this topic has had them of an older one of its name.
        boolean isOfThis = wanted.epoch() <= log.leaderEpoch;
        boolean leads = replica != null && replica.isLeading() && replica.partition().following() == null;
        if (leads && isOfThis && log.exists() && !ghosts().isLossy(log) && from > log.start() && from <= shown.end()) {
            breach(broker.name() + " called " + from + " of " + log.name() + " out of range, which was shown up to "
                    + shown.end());
        }
    }

    private void check(SimulatedBroker broker, Key key, long from, BufferRecords records) {
        for (RecordBatch first : RecordBatches.of(records.bytes().duplicate())) {
            if (first.lastOffset() < from) {
                breach(broker.name() + " gave " + first + " of " + key + " to one who asked from " + from + " on");
            }
            return;
        }
    }

    @Override
    void stopped(SimulatedBroker broker) {
        sessions(broker).clear();
    }
}
