package io.chapar.broker.handler;

import io.chapar.broker.coordinator.Caller;
import io.chapar.broker.coordinator.TransactionEntry;
import io.chapar.broker.coordinator.TransactionEntry.Writer;
import io.chapar.broker.coordinator.TxnCoordinators;
import io.chapar.broker.metadata.ClusterImage;
import io.chapar.broker.metadata.InternalTopics;
import io.chapar.broker.metadata.PartitionImage;
import io.chapar.broker.metadata.TopicImage;
import io.chapar.broker.partition.AppendOutcome;
import io.chapar.broker.partition.ClientAppend;
import io.chapar.broker.partition.LongLook;
import io.chapar.broker.partition.Partition;
import io.chapar.broker.request.RequestContext;
import io.chapar.broker.runtime.Loop;
import io.chapar.broker.runtime.Slices;
import io.chapar.broker.shard.Shard;
import io.chapar.protocol.BufferRecords;
import io.chapar.protocol.ErrorCode;
import io.chapar.protocol.MalformedMessageException;
import io.chapar.protocol.TopicPartition;
import io.chapar.protocol.message.ProduceRequest;
import io.chapar.protocol.message.ProduceRequest.PartitionProduceData;
import io.chapar.protocol.message.ProduceRequest.TopicProduceData;
import io.chapar.protocol.message.ProduceResponse;
import io.chapar.protocol.message.ProduceResponse.BatchIndexAndErrorMessage;
import io.chapar.protocol.message.ProduceResponse.LeaderIdAndEpoch;
import io.chapar.protocol.message.ProduceResponse.NodeEndpoint;
import io.chapar.protocol.message.ProduceResponse.PartitionProduceResponse;
import io.chapar.protocol.message.ProduceResponse.TopicProduceResponse;
import io.chapar.protocol.record.RecordBatch;
import io.chapar.protocol.record.RecordBatches;
import io.chapar.txn.AddMode;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

import static java.util.Objects.requireNonNull;

/// Appends batches. Versions 3-13; 0-2 are advertised, but not served (see [ServedApis]).
///
/// v7 may carry zstd; v8 answers with the records that are to blame; v10 tells the new leader; v11 knows
/// TRANSACTION_ABORTABLE; v12 adds partitions to the transaction by writing to them; v13 names topics by id.
///
/// A batch of a transaction that the partition does not know yet is appended in the steps of [TransactionEntry]; its
/// coordinator is asked once for all partitions of the request. acks=0 has no answer: any error closes the connection.
///
/// As soon as the append has been handed to the loops that do it, the next Produce request of the connection may begin:
/// it will not overtake this one there, whatever this one still waits for.
final class ProduceHandler {
    private static final short FIRST_WITH_LEADER = 10;
    private static final short FIRST_WITH_ABORTABLE = 11;
    private static final short FIRST_THAT_ADDS = 12;

    private final LocalBroker node;
    private final TransactionEntry entry;
    private final LongLooks looks;
    private final WritesToUnknown toUnknown;

    ProduceHandler(LocalBroker node, TransactionEntry entry) {
        this.node = node;
        this.entry = entry;
        this.looks = new LongLooks(node.shards());
        this.toUnknown = new WritesToUnknown(node.shards());
    }

    void handle(ProduceRequest request, RequestContext context) {
        if (request.acks() < -1 || request.acks() > 1) {
            items(request, context, items ->
                    answerAll(request, context, items, ErrorCode.INVALID_REQUIRED_ACKS));
            return;
        }
        items(request, context, items -> begin(request, context, items));
    }

    private void begin(ProduceRequest request, RequestContext context, List<ProducePartition> items) {
        if (!anyTransactional(items)) {
            append(new Produce(request, context, items, context.loop(), null), List.of(), Map.of());
        } else if (request.transactionalId() == null || request.transactionalId().isEmpty()) {
            answerAll(request, context, items, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
        } else if (!oneProducer(items)) {
            answerAll(request, context, items, ErrorCode.INVALID_REQUEST);
        } else {
            enter(request, context, items);
        }
    }

    private static String transactionalId(ProduceRequest request) {
        return requireNonNull(request.transactionalId(), "transactional batches come with an id");
    }

    private static boolean anyTransactional(List<ProducePartition> items) {
        for (ProducePartition item : items) {
            if (item.isTransactional()) {
                return true;
            }
        }
        return false;
    }

    private void items(ProduceRequest request, RequestContext context, Consumer<List<ProducePartition>> done) {
        List<TopicProduceData> data = request.topicData();
        boolean single = data.size() == 1 && data.getFirst().partitionData().size() == 1;
        if (single) {
            done.accept(List.of(
                    item(data.getFirst(), data.getFirst().partitionData().getFirst(), null, context.loop())));
            return;
        }
        record Asked(TopicProduceData topic, PartitionProduceData partition) {}

        List<Asked> asked = new ArrayList<>();
        data.forEach(topic -> topic.partitionData().forEach(partition -> asked.add(new Asked(topic, partition))));
        Set<TopicPartition> seen = new LinkedHashSet<>();
        List<ProducePartition> items = new ArrayList<>(asked.size());
        Slices.each(context.loop(), asked, _ -> ProducePartition.COST,
                one -> items.add(item(one.topic(), one.partition(), seen, context.loop())),
                () -> done.accept(items));
    }

    /// @param seen the partitions before it; null for the only one
    private ProducePartition item(TopicProduceData data, PartitionProduceData partition,
            @Nullable Set<TopicPartition> seen, Loop loop) {
        ClusterImage image = node.image();
        boolean byId = data.name().isEmpty();
        TopicImage topic = byId ? image.topic(data.topicId()) : image.topic(data.name());
        TopicPartition id = topic == null ? null : new TopicPartition(topic.name(), partition.index());
        ErrorCode refusal = null;
        if (topic == null) {
            refusal = byId ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        } else if (InternalTopics.isInternal(topic.name())) {
            refusal = ErrorCode.INVALID_TOPIC_EXCEPTION;
        } else if (!topic.hasPartition(partition.index())) {
            refusal = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
        } else if (seen != null && !seen.add(id)) {
            refusal = ErrorCode.INVALID_REQUEST;
        }
        ByteBuffer bytes = partition.records() instanceof BufferRecords records
                ? records.bytes() : BufferRecords.EMPTY.bytes();
        RecordBatch batch = oneBatch(bytes);
        if (refusal == null && batch != null && batch.producerId() >= image.nextProducerId()) {
            // Where there are others, one of them may have given it, and the news is on its way.
            refusal = image.brokers().size() > 1
                    ? ErrorCode.NOT_ENOUGH_REPLICAS : ErrorCode.INVALID_PRODUCER_ID_MAPPING;
        }
        int begins = toUnknown.begins(loop, data, partition.index(), batch, refusal);
        return new ProducePartition(id, topic == null ? null : topic.id(), bytes, batch, begins, refusal);
    }

    private static @Nullable RecordBatch oneBatch(ByteBuffer bytes) {
        try {
            return RecordBatches.single(bytes);
        } catch (MalformedMessageException e) {
            return null;
        }
    }

    private static boolean oneProducer(List<ProducePartition> items) {
        RecordBatch first = null;
        for (ProducePartition item : items) {
            if (!item.isTransactional()) {
                continue;
            }
            if (first == null) {
                first = item.known();
            } else if (first.producerId() != item.known().producerId()
                    || first.producerEpoch() != item.known().producerEpoch()) {
                return false;
            }
        }
        return true;
    }

    // ---- transactions: guard, ask, append

    /// One request on its way through the loops.
    ///
    /// @param here the loop that does what is to be done with the partitions: their own, where one owns them all
    /// @param caller on it; null without a transaction
    private record Produce(
            ProduceRequest request, RequestContext context, List<ProducePartition> items, Loop here,
            @Nullable Caller caller) {
        /// Of a request with a transaction.
        Caller asker() {
            return requireNonNull(caller, "who writes in a transaction asks its coordinator");
        }

        boolean adds() {
            return context.apiVersion() >= FIRST_THAT_ADDS;
        }

        /// The next request may begin, as soon as its loop hears of it.
        void appended() {
            if (here.equals(context.loop())) {
                context.appended();
            } else {
                context.loop().execute(context::appended);
            }
        }
    }

    private void enter(ProduceRequest request, RequestContext context, List<ProducePartition> items) {
        Loop here = owner(items, context.loop());
        Caller caller = context.caller(Math.clamp(request.timeoutMs(), 0, TxnCoordinators.CLIENT_WAIT_MS)).on(here);
        Produce produce = new Produce(request, context, items, here, caller);
        here.run(() -> takeGuards(produce));
    }

    /// One question for all partitions has to be asked from one place.
    private Loop owner(List<ProducePartition> items, Loop ofSeveral) {
        Loop owner = null;
        for (ProducePartition item : items) {
            Loop its = item.refusal() != null ? owner : node.shards().of(item.knownId()).loop();
            if (owner != null && !owner.equals(its)) {
                return ofSeveral;
            }
            owner = its;
        }
        return owner == null ? ofSeveral : owner;
    }

    private void takeGuards(Produce produce) {
        List<ProducePartition> asked = produce.items().stream()
                .filter(i -> i.refusal() == null && i.isTransactional()).toList();
        FanOut.<ProducePartition, AskedGuard>over(node.shards(), produce.here(), asked, ProducePartition::id,
                (shard, item, answer) ->
                        answer.accept(AskedGuard.of(item.partition(shard), item.known(), produce.adds())),
                guards -> askCoordinator(produce, asked, guards));
    }

    private void askCoordinator(Produce produce, List<ProducePartition> asked, List<AskedGuard> guards) {
        Map<TopicPartition, AskedGuard> guarded = new LinkedHashMap<>();
        for (int i = 0; i < asked.size(); i++) {
            guarded.put(asked.get(i).knownId(), guards.get(i));
        }
        List<TopicPartition> beginning = guarded.entrySet().stream().filter(one -> one.getValue().guard() != null)
                .map(Map.Entry::getKey).toList();
        if (beginning.isEmpty()) {
            append(produce, List.of(), guarded);
            return;
        }
        RecordBatch any = asked.getFirst().known();
        Writer writer = new Writer(transactionalId(produce.request()), any.producerId(), any.producerEpoch(),
                produce.adds() ? AddMode.ADD : AddMode.VERIFY);
        entry.ask(writer, beginning, produce.asker(), answer -> {
            List<Refused> refused = new ArrayList<>();
            answer.errors().forEach((id, error) -> {
                if (error != ErrorCode.NONE) {
                    refused.add(new Refused(id, told(error, produce.context().apiVersion()), answer.reason()));
                }
            });
            append(produce, refused, guarded);
        });
    }

    /// @param reason null where the error says all
    private record Refused(TopicPartition id, ErrorCode error, @Nullable String reason) {}

    /// What a producer is told when the coordinator does not let a partition into the transaction.
    private static ErrorCode told(ErrorCode error, short version) {
        return switch (error) {
            case PRODUCER_FENCED -> ErrorCode.INVALID_PRODUCER_EPOCH;
            case COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, NETWORK_EXCEPTION,
                    REQUEST_TIMED_OUT -> ErrorCode.NOT_ENOUGH_REPLICAS;
            case CONCURRENT_TRANSACTIONS -> version >= FIRST_THAT_ADDS
                    ? ErrorCode.CONCURRENT_TRANSACTIONS : ErrorCode.NOT_ENOUGH_REPLICAS;
            case TRANSACTION_ABORTABLE -> version >= FIRST_WITH_ABORTABLE
                    ? ErrorCode.TRANSACTION_ABORTABLE : ErrorCode.INVALID_TXN_STATE;
            default -> error;
        };
    }

    // ---- the append itself

    /// An id that the cluster will give to somebody else: their batches would be taken for repetitions of this one's.
    private static @Nullable String why(ProducePartition item) {
        return item.refusal() != ErrorCode.INVALID_PRODUCER_ID_MAPPING ? null
                : "producer id " + item.known().producerId() + " was never given away by this cluster";
    }

    private void append(
            Produce produce, List<Refused> refused, Map<TopicPartition, AskedGuard> guards) {
        List<ProducePartition> items = produce.items();
        ProduceRequest request = produce.request();
        RequestContext context = produce.context();
        Map<TopicPartition, ProduceResult> refusals = new LinkedHashMap<>();
        refused.forEach(r -> refusals.put(r.id(), ProduceResult.of(r.error(), r.reason())));
        ProduceResult[] results = new ProduceResult[items.size()];
        List<Integer> tried = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            ProducePartition item = items.get(i);
            ProduceResult refusal = item.refusal() != null && !item.isToBeTriedAgain()
                    ? ProduceResult.of(item.refusal(), why(item)) : refusals.get(item.id());
            if (refusal != null) {
                results[i] = refusal;
            } else {
                tried.add(i);
            }
        }
        long deadlineMs = context.nowMs() + Math.max(0, request.timeoutMs());
        FanOut.<Integer, ProduceResult>over(node.shards(), produce.here(), tried, i -> items.get(i).id(),
                i -> items.get(i).cost(),
                (shard, i, answer) -> {
                    ProducePartition item = items.get(i);
                    AskedGuard guard = guards.getOrDefault(item.knownId(), AskedGuard.NONE);
                    ClientAppend how =
                            new ClientAppend(context.apiVersion(), request.acks(), guard.guard(), guard.epoch());
                    looks.append(shard, context.connection(), item.knownId(),
                            append(shard, item, how, deadlineMs, answer));
                },
                answers -> {
                    for (int k = 0; k < tried.size(); k++) {
                        results[tried.get(k)] = answers.get(k);
                    }
                    sayWhoFenced(produce, tried, results);
                },
                produce::appended);
    }

    /// A partition knows that a newer epoch has been there, but not whose; the coordinator does, and logs it.
    private void sayWhoFenced(Produce produce, List<Integer> tried, ProduceResult[] results) {
        List<ProducePartition> items = produce.items();
        List<Integer> fenced = tried.stream().filter(i -> items.get(i).isTransactional()
                && results[i].error() == ErrorCode.INVALID_PRODUCER_EPOCH).toList();
        if (fenced.isEmpty()) {
            answer(produce.request(), produce.context(), items, results);
            return;
        }
        RecordBatch batch = items.get(fenced.getFirst()).known();
        Writer writer = new Writer(transactionalId(produce.request()), batch.producerId(), batch.producerEpoch(),
                AddMode.VERIFY);
        entry.ask(writer, fenced.stream().map(i -> items.get(i).id()).toList(),
                produce.asker().until(produce.here().nowMs()), said -> {
                    if (said.reason() != null && said.errors().containsValue(ErrorCode.PRODUCER_FENCED)) {
                        fenced.forEach(i -> results[i] = ProduceResult.of(results[i].error(), said.reason()));
                    }
                    answer(produce.request(), produce.context(), items, results);
                });
    }

    /// A batch that decompresses to much is looked at beside the loop.
    private static LongLooks.Append append(
            Shard shard, ProducePartition item, ClientAppend how, long deadlineMs, Consumer<ProduceResult> answer) {
        return new LongLooks.Append() {
            @Override
            public @Nullable LongLook beginOrLook() {
                RecordBatch batch = item.refusal() != null ? null : item.batch();
                Partition partition = batch == null ? null : item.partition(shard);
                LongLook look = partition == null || batch == null
                        ? null : partition.look(batch, how.apiVersion(), shard.loop().wallClockMs());
                if (look != null && !look.isFinished()) {
                    return look;
                }
                end(look);
                return null;
            }

            @Override
            public void end(@Nullable LongLook look) {
                appendOne(shard, item, how.after(look), deadlineMs, answer);
            }
        };
    }

    private static void appendOne(
            Shard shard, ProducePartition item, ClientAppend how, long deadlineMs, Consumer<ProduceResult> answer) {
        Partition partition = item.partition(shard);
        ErrorCode refusal = item.refusal() != null || partition != null ? item.refusal()
                : shard.partition(item.knownId()) != null ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
                : shard.absence(item.knownId());
        if (partition == null || refusal != null) {
            item.refused(shard.refusedWrites());
            answer.accept(ProduceResult.of(requireNonNull(refusal, "what is not here is refused")));
            return;
        }
        AppendOutcome outcome = partition.appendFromClient(
                item.bytes(), how.beginningWith(item.first(shard.refusedWrites())), shard.loop().wallClockMs());
        item.appended(shard.refusedWrites(), outcome);
        switch (outcome) {
            case AppendOutcome.Rejected r -> answer.accept(new ProduceResult(r.error(), r));
            case AppendOutcome.WrittenBefore w -> new ProduceResult(
                    how.acks() == 0 ? ErrorCode.NONE : ErrorCode.DUPLICATE_SEQUENCE_NUMBER, w)
                    .whenCommitted(partition, w.lastOffset(), how, deadlineMs, answer);
            case AppendOutcome.Appended a -> new ProduceResult(ErrorCode.NONE, a)
                    .whenCommitted(partition, a.lastOffset(), how, deadlineMs, answer);
        }
    }

    // ---- the answer

    private void answer(
            ProduceRequest request, RequestContext context, List<ProducePartition> items, ProduceResult[] results) {
        if (isCutOff(results)) {
            context.close("a write failed: " + AppendOutcome.CUT_OFF.reason());
            return;
        }
        if (request.acks() == 0) {
            for (int i = 0; i < results.length; i++) {
                if (results[i].error() != ErrorCode.NONE) {
                    TopicPartition id = items.get(i).id();
                    context.close("a write with acks=0 to " + (id == null ? "an unknown topic" : id)
                            + " failed with " + results[i].error());
                    return;
                }
            }
            context.replyNothing();
            return;
        }
        List<TopicProduceResponse> topics = new ArrayList<>();
        int next = 0;
        for (TopicProduceData data : request.topicData()) {
            List<PartitionProduceResponse> partitions = new ArrayList<>();
            for (PartitionProduceData partition : data.partitionData()) {
                partitions.add(one(
                        partition.index(), items.get(next).id(), results[next++], context.apiVersion()));
            }
            topics.add(new TopicProduceResponse(data.name(), data.topicId(), partitions));
        }
        ProduceResponse.Builder answer = ProduceResponse.builder().responses(topics);
        boolean isElsewhere = false;
        for (ProduceResult result : results) {
            isElsewhere |= result.error() == ErrorCode.NOT_LEADER_OR_FOLLOWER;
        }
        if (isElsewhere) {
            Directory directory = Directory.of(node, context);
            answer.nodeEndpoints(directory.named(topics.stream()
                            .flatMap(topic -> topic.partitionResponses().stream())
                            .mapToInt(partition -> partition.currentLeader().leaderId())).stream()
                    .map(leader -> new NodeEndpoint(leader.id(), leader.at().host(), leader.at().port(),
                            directory.rack(leader.id()))).toList());
        }
        context.reply(answer.build());
    }

    private static boolean isCutOff(ProduceResult[] results) {
        for (ProduceResult result : results) {
            if (AppendOutcome.CUT_OFF.equals(result.outcome())) {
                return true;
            }
        }
        return false;
    }

    /// @param id null when the topic id is unknown
    private PartitionProduceResponse one(int index, @Nullable TopicPartition id, ProduceResult result, short version) {
        PartitionProduceResponse.Builder answer = PartitionProduceResponse.builder()
                .index(index)
                .errorCode(result.error().code())
                .baseOffset(-1);
        if (id != null && result.error() == ErrorCode.NOT_LEADER_OR_FOLLOWER && version >= FIRST_WITH_LEADER) {
            PartitionImage known = node.partition(node.image().topic(id.topic()), index);
            if (known != null) {
                answer.currentLeader(new LeaderIdAndEpoch(known.leader(), known.leaderEpoch()));
            }
        }
        switch (result.outcome()) {
            case null -> { }
            case AppendOutcome.WrittenBefore _ -> { }
            case AppendOutcome.Rejected r -> {
                answer.errorMessage(r.reason());
                List<BatchIndexAndErrorMessage> blamed = new ArrayList<>();
                r.recordErrors().forEach(e -> blamed.add(new BatchIndexAndErrorMessage(e.batchIndex(), e.message())));
                answer.recordErrors(blamed);
            }
            case AppendOutcome.Appended a -> {
                if (result.error() == ErrorCode.NONE) {
                    answer.baseOffset(a.baseOffset())
                            .logAppendTimeMs(a.logAppendTimeMs())
                            .logStartOffset(a.logStartOffset());
                }
            }
        }
        return answer.build();
    }

    private void answerAll(
            ProduceRequest request, RequestContext context, List<ProducePartition> items, ErrorCode error) {
        ProduceResult[] results = new ProduceResult[items.size()];
        java.util.Arrays.fill(results, ProduceResult.of(error));
        if (items.isEmpty() && request.acks() == 0) {
            context.close("a write with acks=0 failed with " + error);
            return;
        }
        answer(request, context, items, results);
    }
}
