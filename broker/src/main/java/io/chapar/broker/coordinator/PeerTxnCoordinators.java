package io.chapar.broker.coordinator;

import io.chapar.broker.peer.Peers;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.AddPartitionsToTxnRequest;
import io.chapar.protocol.message.AddPartitionsToTxnRequest.AddPartitionsToTxnTopic;
import io.chapar.protocol.message.AddPartitionsToTxnRequest.AddPartitionsToTxnTransaction;
import io.chapar.protocol.message.AddPartitionsToTxnResponse;
import io.chapar.protocol.message.Response;
import io.chapar.txn.AddMode;
import io.chapar.txn.TxnCommand;
import io.chapar.txn.TxnReply;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Consumer;

/// The coordinators of the whole cluster, as the leader of a partition needs them: it asks the one of a transactional
/// id whether a partition is in its transaction, wherever that coordinator is (KIP-890). All other commands come from
/// clients, which ask the coordinator's broker itself.
///
/// To put a partition into a transaction that has it is no change, so a question whose answer was lost is asked again,
/// until its deadline; and one that reached a broker which coordinates no more, of whoever does by then.
public final class PeerTxnCoordinators implements TxnCoordinators {
    private static final short VERSION = 5;
    static final long FIRST_PAUSE_MS = 20;
    static final long LONGEST_PAUSE_MS = 1_000;

    private final TxnCoordinators local;
    private final ClusterPlacement placement;
    private final Peers peers;

    public PeerTxnCoordinators(TxnCoordinators local, ClusterPlacement placement, Peers peers) {
        this.local = local;
        this.placement = placement;
        this.peers = peers;
    }

    @Override
    public void submit(TxnCommand command, Caller caller, Consumer<TxnReply> done) {
        if (command instanceof TxnCommand.AddPartitions question) {
            submit(question, caller, FIRST_PAUSE_MS, done);
        } else {
            local.submit(command, caller, done);
        }
    }

    private void submit(TxnCommand.AddPartitions question, Caller caller, long pauseMs, Consumer<TxnReply> done) {
        int leader = placement.transactions(question.transactionalId());
        if (leader == placement.here()) {
            local.submit(question, caller, done);
            return;
        }
        peers.ask(leader, request(question), VERSION, caller.loop(), caller.deadlineMs(), asked -> {
            TxnReply reply = reply(question, asked);
            boolean again = reply instanceof TxnReply.Refused(ErrorCode error, _)
                    && error == ErrorCode.NOT_COORDINATOR && caller.loop().nowMs() + pauseMs < caller.deadlineMs();
            if (again) {
                caller.loop().schedule(pauseMs,
                        () -> submit(question, caller, Math.min(LONGEST_PAUSE_MS, 2 * pauseMs), done));
            } else {
                done.accept(reply);
            }
        });
    }

    private static AddPartitionsToTxnRequest request(TxnCommand.AddPartitions question) {
        SequencedMap<String, List<Integer>> byTopic = new LinkedHashMap<>();
        for (TopicPartition partition : question.partitions()) {
            byTopic.computeIfAbsent(partition.topic(), _ -> new ArrayList<>()).add(partition.partition());
        }
        List<AddPartitionsToTxnTopic> topics = new ArrayList<>();
        byTopic.forEach((topic, partitions) -> topics.add(new AddPartitionsToTxnTopic(topic, partitions)));
        return AddPartitionsToTxnRequest.builder()
                .transactions(List.of(new AddPartitionsToTxnTransaction(question.transactionalId(),
                        question.producerId(), question.producerEpoch(), question.mode() == AddMode.VERIFY, topics)))
                .build();
    }

    /// NOT_COORDINATOR for whatever may be another broker's to answer by now.
    private static TxnReply reply(TxnCommand.AddPartitions question, Peers.Asked asked) {
        return switch (asked) {
            case Peers.Unsent unsent -> new TxnReply.Refused(ErrorCode.NOT_COORDINATOR, unsent.why());
            case Peers.Lost lost -> new TxnReply.Refused(ErrorCode.NOT_COORDINATOR, lost.why());
            case Peers.Answered(Response response) -> reply(question, (AddPartitionsToTxnResponse) response);
        };
    }

    private static TxnReply reply(TxnCommand.AddPartitions question, AddPartitionsToTxnResponse response) {
        SequencedMap<TopicPartition, ErrorCode> results = new LinkedHashMap<>();
        question.partitions().forEach(partition -> results.put(partition, ErrorCode.UNKNOWN_SERVER_ERROR));
        response.resultsByTransaction().stream()
                .filter(result -> result.transactionalId().equals(question.transactionalId()))
                .flatMap(result -> result.topicResults().stream())
                .forEach(topic -> topic.resultsByPartition().forEach(partition -> results.replace(
                        new TopicPartition(topic.name(), partition.partitionIndex()),
                        ErrorCode.of(partition.partitionErrorCode()))));
        // What is led here exists, whatever a broker says whose metadata is older.
        boolean isElsewhere = results.containsValue(ErrorCode.NOT_COORDINATOR)
                || results.containsValue(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
        return isElsewhere
                ? new TxnReply.Refused(ErrorCode.NOT_COORDINATOR) : new TxnReply.Partitions(results);
    }

    @Override
    public void newProducerId(Caller caller, Consumer<TxnReply> done) {
        local.newProducerId(caller, done);
    }

    @Override
    public void describe(String transactionalId, Caller caller, Consumer<Described> done) {
        local.describe(transactionalId, caller, done);
    }

    @Override
    public void list(Caller caller, Consumer<Listed> done) {
        local.list(caller, done);
    }

    /// Null as long as some of the coordinators are elsewhere: what nobody here knows may be known there.
    @Override
    public void ownersOf(Set<Long> producerIds, Caller caller, Consumer<Map<Long, Owner>> done) {
        local.ownersOf(producerIds, caller, done);
    }
}
